"""Surveys: where they come from, and the depth that follows from them."""

import numpy as np
import pytest

from meas_blends.errors import BadInputError
from meas_blends.simulation.survey import (
    Survey,
    shipped_surveys,
    survey_notes,
    survey_of_band,
)


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


@pytest.mark.parametrize(
    ("band", "sky", "extinction"),
    [("u", 22.96, 0.50), ("g", 22.26, 0.21), ("r", 21.20, 0.13), ("z", 19.60, 0.07),
     ("y", 18.61, 0.17)],
)  # fmt: skip
def test_bands_have_the_dark_sky_of_smtn_002(band, sky, extinction):
    survey = Survey.named(f"lsst_{band}")
    assert survey.band == band and survey.name == f"lsst_{band}"
    photons = 10 ** (0.4 * (survey.zero_point + extinction - sky)) * 30.0 * 0.2**2
    assert survey.sky_photons == pytest.approx(photons, rel=1e-3)


def test_bands_reach_the_depth_of_ten_years():
    """Ivezic et al. (2019), Table 2, in seeing 0.7 times 1 / 0.8 better: 0.15 to 0.7 mag deeper."""
    published = {"u": 26.1, "g": 27.4, "r": 27.5, "z": 26.1, "y": 24.9}
    for band, depth in published.items():
        assert -0.1 < Survey.named(f"lsst_{band}").depth() - depth < 0.75


def test_seeing_is_worse_in_the_blue():
    widths = [Survey.named(f"lsst_{band}").psf_fwhm for band in "ugrizy"]
    assert widths == sorted(widths, reverse=True)


def test_hsc_reaches_its_published_depth():
    """A matched filter, which finds 0.82 of the nominal S/N, has 5 sigma at i = 26.2."""
    hsc = Survey.named("hsc_i")
    assert hsc.pixel_scale == 0.168
    assert hsc.depth(5.0 / 0.82) == pytest.approx(26.2, abs=0.05)


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
        ("name: x\nsize: 3\n", "or unknown: band, .*size, .*; .* with name, band, .*about"),
    ],
)
def test_refuses_a_wrong_file(tmp_path, text, said):
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=said):
        Survey.named(str(path))


def test_an_obscured_mirror_may_have_a_narrower_pattern(lsst):
    assert lsst.replace(psf_obscuration=0.33, psf_diffraction=1.02).psf_diffraction == 1.02


def test_a_file_says_what_it_is_about(lsst, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(shipped_surveys()["lsst_i"].read_text() + "about:\n  source: a paper\n")
    assert survey_notes(str(path)) == {"source": "a paper"}
    assert Survey.named(str(path)) == lsst
    path.write_text("about: a paper\n")
    with pytest.raises(BadInputError, match="about is no list of values"):
        survey_notes(str(path))


def test_refuses_an_unknown_name():
    with pytest.raises(
        BadInputError, match=r"neither shipped nor a readable file.*lsst_g/i/r/u/y/z"
    ):
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
        ("resampling", "cubic"),
        ("psf_beta", 0.5),
        ("psf_obscuration", 1.0),
        ("psf_diffraction", 0.98),
        ("psf_diffraction", -0.1),
        ("band", 3),
    ],
)
def test_refuses_a_wrong_value(lsst, field, value):
    with pytest.raises(BadInputError, match=f"lsst_i: {field} is"):
        lsst.replace(**{field: value})


def test_surveys_of_a_band(tmp_path):
    assert survey_of_band("lsst_i", None).band == "i"
    assert survey_of_band("lsst_i", "y").name == "lsst_y"
    assert survey_of_band("lsst_{band}", "g").name == "lsst_g"
    assert survey_of_band("lsst_{band}", None).name == "lsst_i"
    own = tmp_path / "mine.yaml"
    own.write_text(shipped_surveys()["lsst_r"].read_text())
    assert survey_of_band(str(own), "r").band == "r"
    with pytest.raises(BadInputError, match=r"of the band r, and g is wanted; .* holds \{band\}"):
        survey_of_band(str(own), "g")
    with pytest.raises(BadInputError, match="lsst_VIS: neither shipped"):
        survey_of_band("lsst_i", "VIS")
