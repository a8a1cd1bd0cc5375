"""Rendered coadds: calibration, noise, coordinates."""

import time

import numpy as np
import pytest

from meas_blends.data.catalogs import TRUTH
from meas_blends.detection.noise import correlation_factor
from meas_blends.errors import BadInputError
from meas_blends.simulation.population import draw_galaxies, galaxies_at
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")


def _rng() -> np.random.Generator:
    return np.random.default_rng(12)


def test_calibration():
    """The counts of a bright galaxy give its magnitude."""
    galaxy = galaxies_at([150.2], [149.7], [18.0], LSST, _rng())
    galaxy["bulgeToTotal"] = np.float32(0.0)
    coadd = render_scene(galaxy, LSST, (300, 300), _rng())
    assert coadd.zero_point == 27.0
    assert coadd.band == "i"
    assert coadd.zero_point - 2.5 * np.log10(coadd.image.sum()) == pytest.approx(18.0, abs=0.02)
    assert coadd.image.sum() * coadd.nanojansky_per_count == pytest.approx(
        galaxy["flux"][0], rel=0.02
    )
    y, x = np.indices(coadd.shape)
    bright = coadd.image > 1.0
    assert (x * coadd.image)[bright].sum() / coadd.image[bright].sum() == pytest.approx(
        150.2, abs=0.1
    )
    assert (y * coadd.image)[bright].sum() / coadd.image[bright].sum() == pytest.approx(
        149.7, abs=0.1
    )


def test_matched_filter_finds_the_promised_share_of_the_nominal_significance():
    galaxies = galaxies_at([100.0], [100.0], [24.0], LSST, _rng())
    for column in ("bulgeHalfLightRadius", "diskHalfLightRadius"):
        galaxies[column] = np.float32(0.001)
    coadd = render_scene(galaxies, LSST, (201, 201), _rng())
    psf = coadd.psf.middle.astype(float)
    half = psf.shape[0] // 2
    stamp = coadd.image[100 - half : 101 + half, 100 - half : 101 + half]
    sky_variance = np.median(coadd.variance)
    # Bilinear dithers leave 4/9 of the variance, and correlate neighbours by a quarter.
    axis = [0.25, 1.0, 0.25]
    noise = np.sqrt(sky_variance * (psf**2).sum())
    noise *= correlation_factor(np.outer(axis, axis), psf)
    significance = (psf * stamp).sum() / noise
    assert significance / galaxies["significance"][0] == pytest.approx(0.82, abs=0.03)


def test_empty_sky():
    coadd = render_scene(TRUTH.make(), LSST, (256, 256), _rng())
    assert coadd.image.mean() == pytest.approx(0.0, abs=0.01)
    assert coadd.image.var() / np.median(coadd.variance) == pytest.approx(1.0, rel=0.02)
    assert not coadd.bad.any()


def test_sky_coordinates_follow_the_frame():
    xy0 = (1000, 2000)
    truth = draw_galaxies(LSST, (100, 120), _rng(), xy0=xy0)
    coadd = render_scene(truth, LSST, (100, 120), _rng(), xy0=xy0)
    assert coadd.pixel_scale == pytest.approx(0.2)
    ra, dec = coadd.sky(truth["x"], truth["y"])
    np.testing.assert_allclose(truth["coord_ra"], ra)
    np.testing.assert_allclose(truth["coord_dec"], dec)
    middle = coadd.sky([1059.5], [2049.5])
    np.testing.assert_allclose(np.ravel(middle), [150.1, 2.2])


def test_same_seed_same_scene():
    first, second = (
        render_scene(draw_galaxies(LSST, (64, 64), rng), LSST, (64, 64), rng)
        for rng in (_rng(), _rng())
    )
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.variance, second.variance)


def test_one_pixel():
    assert render_scene(draw_galaxies(LSST, (1, 1), _rng()), LSST, (1, 1), _rng()).shape == (1, 1)


def test_refuses_a_table_that_is_no_truth():
    truth = TRUTH.make()
    truth.remove_column("positionAngle")
    with pytest.raises(BadInputError, match="lacks the columns positionAngle"):
        render_scene(truth, LSST, (10, 10), _rng())


def test_refuses_an_empty_image():
    with pytest.raises(BadInputError, match="shape"):
        render_scene(TRUTH.make(), LSST, (0, 10), _rng())


@pytest.mark.slow
def test_large_scene_takes_seconds():
    rng = _rng()
    galaxies = draw_galaxies(LSST, (2048, 2048), rng)
    start = time.process_time()
    render_scene(galaxies, LSST, (2048, 2048), rng)
    assert time.process_time() - start < 15.0
