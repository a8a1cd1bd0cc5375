"""Surveys: where they come from, and the depth that follows from them."""

import numpy as np
import pytest

from meas_blends.errors import BadInputError
from meas_blends.simulation.survey import Survey, shipped_surveys


@pytest.fixture
def lsst() -> Survey:
    return Survey.named("lsst_i")


def test_lsst_reaches_the_published_depth(lsst):
    """Five sigma at i = 26.63, the depth of the scenes of Buchanan et al. (2022)."""
    assert lsst.depth() == pytest.approx(26.63, abs=0.02)
    photons = lsst.photons(lsst.depth())
    assert lsst.significance(photons) == pytest.approx(5.0)


def test_sky_brightness_gives_the_sky_photons(lsst):
    """SMTN-002's dark sky, i = 20.47, does not pass the atmosphere's 0.10 mag again."""
    expected = (
        10 ** (0.4 * (lsst.zero_point + 0.10 - 20.47)) * lsst.exposure_time * lsst.pixel_scale**2
    )
    assert lsst.sky_photons == pytest.approx(expected, rel=0.01)


def test_magnitudes_photons_and_counts_agree(lsst):
    mag = np.array([20.0, 25.0])
    np.testing.assert_allclose(lsst.magnitude(lsst.photons(mag)), mag)
    counts = lsst.photons(mag) * lsst.counts_per_photon
    np.testing.assert_allclose(lsst.coadd_zero_point - 2.5 * np.log10(counts), mag)


@pytest.mark.parametrize("extra", [-0.7, 0.0, 0.7])
def test_deepened_moves_the_depth(lsst, extra):
    assert lsst.deepened(extra).depth() == pytest.approx(lsst.depth() + extra)


def test_wider_psf_is_shallower(lsst):
    wide = lsst.replace(psf_fwhm=1.4)
    assert lsst.depth() - wide.depth() == pytest.approx(2.5 * np.log10(2.0))


def test_reads_a_users_file(lsst, tmp_path):
    text = shipped_surveys()["lsst_i"].read_text().replace("psf_fwhm: 0.7", "psf_fwhm: 0.9")
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    assert Survey.named(str(path)) == lsst.replace(psf_fwhm=0.9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1\n", "no list of values"),
        ("{", "not YAML"),
        ("name: x\nsize: 3\n", "missing or unknown: band, .*size"),
    ],
)
def test_refuses_a_wrong_file(tmp_path, text, said):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=said):
        Survey.named(str(path))


def test_refuses_an_unknown_name():
    with pytest.raises(BadInputError, match=r"neither shipped nor a readable file.*lsst_i"):
        Survey.named("no_such_survey")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pixel_scale", 0.0),
        ("sky_photons", -1.0),
        ("psf_fwhm", float("nan")),
        ("psf_scatter", -0.1),
        ("zero_point", "27"),
        ("n_exposures", True),
        ("resampled", 1),
        ("band", 3),
    ],
)
def test_refuses_a_wrong_value(lsst, field, value):
    with pytest.raises(BadInputError, match=f"lsst_i: {field} is"):
        lsst.replace(**{field: value})
