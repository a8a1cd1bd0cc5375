"""The full mode on its own, and the fast mode held against it."""

import numpy as np
import pytest

from meas_blends.data.catalogs import TRUTH
from meas_blends.detection.psf import psf_sigma
from meas_blends.errors import BadInputError
from meas_blends.simulation.conditions import Conditions
from meas_blends.simulation.exposures import render_exposures, shoot_exposure
from meas_blends.simulation.noise import neighbour_correlation
from meas_blends.simulation.parts import galaxy_parts
from meas_blends.simulation.population import draw_galaxies, galaxies_at
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.stamps import draw_light
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")
EMPTY = TRUTH.make()


def _rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def _few(number: int, **changes: object) -> Survey:
    return LSST.replace(n_exposures=number, **changes)


def _galaxies(mag: float, survey: Survey) -> object:
    """Four galaxies, far from one another, strongly lensed: disk, mixed, bulge, star."""
    galaxies = galaxies_at(
        [30.2, 90.0, 30.0, 89.6], [30.0, 30.4, 90.0, 90.0], [mag] * 4, survey, _rng()
    )
    galaxies["bulgeToTotal"] = np.array([0.0, 0.4, 1.0, 0.0], np.float32)
    galaxies["shear1"] = np.array([0.2, -0.1, 0.0, 0.0], np.float32)
    galaxies["convergence"] = np.array([0.0, 0.2, 0.1, 0.0], np.float32)
    galaxies["diskHalfLightRadius"][3] = 0.0
    return galaxies


def _width(image: np.ndarray, x: float, y: float) -> float:
    """Sigma of a Gaussian-weighted second moment, that of the profile for a Gaussian [pixel]."""
    j, i = np.indices(image.shape)
    r_squared = (i - x) ** 2 + (j - y) ** 2
    weight = np.exp(-0.5 * r_squared / 2.0**2)
    moment = (weight * r_squared * image).sum() / (weight * image).sum() / 2.0
    return float(np.sqrt(1.0 / (1.0 / moment - 1.0 / 4.0)))


def test_photons_are_counted_where_they_come_from():
    """One exposure's photons: their number, and the mean position of each galaxy's."""
    galaxies = _galaxies(19.0, LSST)
    parts = galaxy_parts(galaxies, LSST)
    parts["flux"] = parts["flux"] / 100
    image = shoot_exposure(parts, LSST, (120, 120), Conditions.constant((120, 120)), _rng())
    expected = float(LSST.photons(19.0)) / 100
    for galaxy in galaxies:
        x, y = galaxy["x"], galaxy["y"]
        around = image[round(y) - 25 : round(y) + 26, round(x) - 25 : round(x) + 26]
        # Bulges have wings beyond these 10 arcsec.
        assert around.sum() == pytest.approx(expected, rel=0.07)
        j, i = np.indices(around.shape) - 25
        assert (around * i).sum() / around.sum() == pytest.approx(x - round(x), abs=0.1)
        assert (around * j).sum() / around.sum() == pytest.approx(y - round(y), abs=0.1)


@pytest.fixture(scope="module")
def bright() -> tuple[object, object, np.ndarray]:
    """Bright galaxies in full mode, and the light that the fast mode expects."""
    survey = _few(24, psf_scatter=0.0)
    galaxies = _galaxies(20.0, survey)
    full = render_exposures(galaxies, survey, (120, 120), _rng())
    return full, galaxies, draw_light(galaxies, survey, (120, 120)) * survey.counts_per_photon


def test_light_is_that_of_the_fast_mode(bright):
    """Flux to 1%, and pixels to 2% of the peak, for want of more dithers, and their noise."""
    full, galaxies, expected = bright
    noise = np.sqrt(np.median(full.variance) * 4 / 9)
    for galaxy in galaxies:
        x, y = round(galaxy["x"]), round(galaxy["y"])
        window = (slice(y - 10, y + 11), slice(x - 10, x + 11))
        assert full.image[window].sum() == pytest.approx(expected[window].sum(), rel=0.01)
        tolerance = 0.02 * expected[window].max() + 4.0 * noise
        np.testing.assert_allclose(full.image[window], expected[window], atol=tolerance)


def test_width_is_that_of_the_fast_mode(bright):
    """The star's width, which charge diffusion, pixels and resampling make, to 2%."""
    full, galaxies, expected = bright
    x, y = galaxies["x"][3], galaxies["y"][3]
    width = _width(full.image, x, y)
    assert width == pytest.approx(_width(expected, x, y), rel=0.02)
    middle = full.psf.middle.shape[0] // 2
    assert width == pytest.approx(_width(full.psf.middle, middle, middle), rel=0.02)


def test_psf_is_that_of_the_exposures_drawn():
    """One exposure twice as wide as the survey's median shows in the coadd's PSF."""
    survey = _few(1, psf_scatter=1.0)
    widths = [
        psf_sigma(render_exposures(EMPTY, survey, (8, 8), _rng(k)).psf.middle) for k in range(6)
    ]
    assert max(widths) > 1.5 * min(widths)


def test_noise_is_that_of_the_fast_mode():
    """Variance plane to 1%; variance and neighbours' correlation as of bilinear dithers."""
    survey = _few(100)
    full = render_exposures(EMPTY, survey, (200, 200), _rng())
    fast = render_scene(EMPTY, survey, (200, 200), _rng())
    assert np.median(full.variance) == pytest.approx(np.median(fast.variance), rel=0.015)
    for noise in (full.image, fast.image):
        assert noise.mean() == pytest.approx(0.0, abs=0.02 * float(noise.std()))
        # A hundred dithers leave 4/9 to 5%, a quarter to 0.03.
        assert noise.var() / np.median(fast.variance) == pytest.approx(1, rel=0.06)
        neighbours = (noise[:, 1:] * noise[:, :-1]).mean() / noise.var()
        assert neighbours == pytest.approx(0.25, abs=0.03)
        assert (noise[:, 2:] * noise[:, :-2]).mean() / noise.var() == pytest.approx(0.0, abs=0.02)


def test_depth_varies_as_in_the_fast_mode():
    coverage = np.ones((64, 128), np.float32)
    coverage[:, 64:] = 0.25
    one = np.ones((1, 1))
    conditions = Conditions((64, 128), one, 0.0 * one, 0.0 * one, coverage)
    full = render_exposures(EMPTY, _few(20), (64, 128), _rng(), conditions=conditions)
    ratio = np.median(full.variance[:, 66:]) / np.median(full.variance[:, :62])
    assert ratio == pytest.approx(4.0, rel=0.1)
    assert full.image[:, 66:].var() / full.image[:, :62].var() == pytest.approx(4.0, rel=0.4)


def test_psf_varies_as_in_the_fast_mode():
    survey = _few(16, psf_scatter=0.0)
    star = _galaxies(19.0, survey)[3:]
    wide = np.ones((1, 1))
    conditions = Conditions((120, 120), 1.4 * wide, 0.1 * wide, 0.0 * wide)
    full = render_exposures(star, survey, (120, 120), _rng(), conditions=conditions)
    expected = draw_light(star, survey, (120, 120), conditions=conditions)
    expected *= survey.counts_per_photon
    np.testing.assert_allclose(full.image, expected, atol=0.04 * expected.max())


def test_a_telescope_in_space_shoots_its_rings():
    survey = _few(
        16,
        pixel_scale=0.1,
        psf_fwhm=0.17,
        psf_scatter=0.0,
        psf_diffraction=0.9,
        psf_obscuration=0.33,
    )
    star = _galaxies(19.0, survey)[3:]
    full = render_exposures(star, survey, (120, 120), _rng())
    expected = draw_light(star, survey, (120, 120)) * survey.counts_per_photon
    np.testing.assert_allclose(full.image, expected, atol=0.04 * expected.max())
    y, x = np.indices(full.image.shape) - 90.0
    ring = np.abs(np.hypot(x, y) - 8.0) < 3.0
    assert full.image[ring].sum() == pytest.approx(expected[ring].sum(), rel=0.05)
    kolmogorov = draw_light(star, survey.replace(psf_diffraction=0.0), (120, 120))
    assert expected[ring].sum() > 1.5 * kolmogorov[ring].sum() * survey.counts_per_photon


def test_repeats_and_keeps_its_frame():
    survey = _few(2)
    galaxies = draw_galaxies(survey, (24, 32), _rng(), xy0=(100, 200))
    first, again = (
        render_exposures(galaxies, survey, (24, 32), _rng(), (100, 200), "mine") for _ in range(2)
    )
    np.testing.assert_array_equal(first.image, again.image)
    assert first.name == "mine" and first.xy0 == (100, 200) and first.band == "i"
    assert "exposure by exposure" in first.origins["image"]


@pytest.mark.parametrize("resampling", ["none", "lanczos"])
def test_other_resampling(resampling):
    survey = _few(60, resampling=resampling)
    coadd = render_exposures(EMPTY, survey, (100, 100), _rng())
    noise = coadd.image
    beside = (noise[1:] * noise[:-1]).mean() / noise.var()
    assert beside == pytest.approx(neighbour_correlation(resampling), abs=0.03)
    assert noise.var() == pytest.approx(np.median(coadd.variance), rel=0.06)


def test_refuses_a_table_that_is_no_truth():
    truth = TRUTH.make()
    truth.remove_column("convergence")
    with pytest.raises(BadInputError, match="lacks the columns convergence"):
        render_exposures(truth, LSST, (10, 10), _rng())


@pytest.mark.slow
def test_a_scene_of_the_full_mode():
    """A real scene of 100 exposures: what is left after the expected light is noise."""
    shape = (256, 256)
    galaxies = draw_galaxies(LSST, shape, _rng())
    full = render_exposures(galaxies, LSST, shape, _rng(6))
    fast = render_scene(galaxies, LSST, shape, _rng(7))
    light = draw_light(galaxies, LSST, shape) * LSST.counts_per_photon
    noise = np.sqrt(np.median(fast.variance))
    faint = light < 2.0 * noise
    for coadd in (full, fast):
        left = (coadd.image - light)[faint] / noise
        assert left.mean() == pytest.approx(0.0, abs=0.02)
        assert left.std() == pytest.approx(1.0, abs=0.05)
    assert np.median(full.variance) == pytest.approx(np.median(fast.variance), rel=0.01)
    assert psf_sigma(full.psf.middle) == pytest.approx(psf_sigma(fast.psf.middle), rel=0.04)
    assert full.image.sum() == pytest.approx(light.sum(), rel=0.01)
