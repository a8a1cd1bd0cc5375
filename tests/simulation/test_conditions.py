"""Seeing and depth over an image."""

import numpy as np
import pytest

from meas_blends.data.catalogs import TRUTH
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.simulation.conditions import Conditions, draw_conditions
from meas_blends.simulation.population import galaxies_at
from meas_blends.simulation.psf import psf_image
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")
SHAPE = (1024, 2048)


def _rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_nothing_varies_unless_asked():
    conditions = draw_conditions(SHAPE, _rng())
    np.testing.assert_array_equal(conditions.fwhm, [[1.0]])
    assert conditions.coverage is None
    assert conditions.psf_of(0) == (1.0, 0.0, 0.0)
    one = conditions.psf_cells((0, 0), lambda fwhm, shear: np.full((3, 3), fwhm))
    assert one.is_constant
    np.testing.assert_array_equal(conditions.relative_significance([3.0], [1e6]), [1.0])


def test_psf_varies_as_much_as_asked():
    fields = [draw_conditions(SHAPE, _rng(k), 0.05, 0.02) for k in range(300)]
    assert fields[0].fwhm.shape == (4, 8)
    rms = np.sqrt(np.mean([(f.fwhm - 1.0) ** 2 for f in fields]))
    assert rms == pytest.approx(0.05, rel=0.1)
    centre = [f.fwhm.flat[f.cells([1024], [512])[0]] - 1.0 for f in fields]
    assert np.std(centre) < 0.025
    shear = np.sqrt(np.mean([f.shear1**2 for f in fields]))
    assert shear == pytest.approx(0.02 * np.sqrt(2.0), rel=0.15)
    steps = np.diff(fields[0].fwhm, axis=1)
    assert np.abs(steps).max() < 0.06


def test_depth_has_steps_of_a_tenth():
    conditions = draw_conditions((256, 256), _rng(), uneven_depth=0.5)
    levels = np.unique(np.round(conditions.coverage, 4))
    assert len(levels) > 2
    np.testing.assert_allclose(levels * 10, np.round(levels * 10), atol=1e-3)
    assert levels.max() <= 1.0
    assert levels.min() >= 0.1


def test_significance_follows_seeing_and_depth():
    coverage = np.ones((256, 512), np.float32)
    coverage[:, 300:] = 0.25
    plain = np.zeros((1, 2))
    conditions = Conditions((256, 512), np.array([[1.0, 1.25]]), plain, plain, coverage)
    factor = conditions.relative_significance([0.0, 260.0, 400.0, 900.0], [0.0, 9.0, 9.0, -50.0])
    np.testing.assert_allclose(factor, [1.0, 0.8, 0.4, 0.4])


def test_stars_show_the_psf_of_their_place():
    """Wide on the left, elliptical on the right, each as the PSF image of its own."""
    conditions = Conditions(
        (64, 128), np.array([[1.3, 1.0]]), np.array([[0.0, 0.1]]), np.array([[0.0, -0.05]])
    )
    stars = galaxies_at([32.0, 96.0], [32.0, 32.0], [16.0, 16.0], LSST, _rng())
    for name in ("bulgeToTotal", "bulgeHalfLightRadius", "diskHalfLightRadius"):
        stars[name] = np.float32(0.0)
    coadd = render_scene(stars, LSST, (64, 128), _rng(), conditions=conditions)
    photons = coadd.image / LSST.counts_per_photon / LSST.photons(16.0)
    wide = expected = psf_image(LSST.replace(psf_fwhm=0.7 * 1.3))
    half = 12
    middle = expected.shape[0] // 2
    window = slice(middle - half, middle + half + 1)
    np.testing.assert_allclose(
        photons[20:45, 20:45], expected[window, window], atol=0.02 * expected.max()
    )
    expected = psf_image(LSST, (0.1, -0.05))
    middle = expected.shape[0] // 2
    window = slice(middle - half, middle + half + 1)
    np.testing.assert_allclose(
        photons[20:45, 84:109], expected[window, window], atol=0.02 * expected.max()
    )
    # The coadd says so itself.
    left, right = coadd.psf.at([63.0, 64.0], [10.0, 60.0])
    np.testing.assert_allclose(left, wide, atol=1e-6)
    np.testing.assert_allclose(right[5:-5, 5:-5], expected, atol=1e-6)


@pytest.mark.parametrize("kernel", ["gaussian", "psf"])
def test_fluxes_of_stars_are_right_where_the_seeing_varies(kernel):
    """By the PSF of the place; by one PSF for all they are off by up to a quarter."""
    shape, side = (768, 768), 3
    fwhm = np.linspace(0.85, 1.15, side * side).reshape(side, side)
    conditions = Conditions(shape, fwhm, 0.0 * fwhm, 0.0 * fwhm)
    x, y = (place.ravel() for place in np.meshgrid(*2 * [64.0 + 128 * np.arange(6)]))
    stars = galaxies_at(x, y, np.full(x.shape, 20.0), LSST, _rng())
    for name in ("bulgeToTotal", "bulgeHalfLightRadius", "diskHalfLightRadius"):
        stars[name] = np.float32(0.0)
    coadd = render_scene(stars, LSST, shape, _rng(), xy0=(0, 0), conditions=conditions)
    # That of the sky alone, in which the PSF is the best filter.
    coadd.variance[:] = np.median(coadd.variance)
    truth = np.asarray(stars["flux"]) / coadd.nanojansky_per_count
    found = {}
    for which, psf in (("place", coadd.psf), ("one", coadd.psf.middle)):
        filtered = matched_filter(coadd.replace(psf=psf), kernel, "variance")
        # What the filter makes of a star of unit flux, if the PSF is right.
        unit = filtered.coadd.psf.at(x, y).astype(float)
        if kernel == "psf":
            response = (unit**2).sum(axis=(1, 2))
        else:
            offset = np.arange(unit.shape[1]) - unit.shape[1] // 2
            width = filtered.width_at(x, y)[:, None, None]
            weight = np.exp(-0.5 * (offset[:, None] ** 2 + offset**2) / width**2)
            response = (unit * weight).sum(axis=(1, 2)) / weight.sum(axis=(1, 2))
        flux = filtered.smoothed[y.astype(int), x.astype(int)] / response
        found[which] = flux / truth, filtered.significance[y.astype(int), x.astype(int)]
    np.testing.assert_allclose(found["place"][0], 1.0, atol=0.01)
    assert np.ptp(found["one"][0]) > 0.25
    # The filter that fits has the highest S/N.
    gain = found["place"][1] / found["one"][1]
    assert gain.min() > (0.999 if kernel == "psf" else 0.99)


def test_variance_plane_and_noise_follow_the_coverage():
    coverage = np.ones((256, 256), np.float32)
    coverage[:, 128:] = 0.25
    plain = np.zeros((1, 1))
    conditions = Conditions((256, 256), plain + 1.0, plain, plain, coverage)
    coadd = render_scene(TRUTH.make(), LSST, (256, 256), _rng(), conditions=conditions)
    ratio = np.median(coadd.variance[:, 130:]) / np.median(coadd.variance[:, :126])
    assert ratio == pytest.approx(4.0)
    assert coadd.image[:, 130:].var() / coadd.image[:, :126].var() == pytest.approx(4.0, rel=0.1)
