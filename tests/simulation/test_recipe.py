"""Whole scenes: what reaches them, and what bands and scenes share."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.data.catalogs import TRUTH
from meas_blends.simulation.recipe import SceneRecipe, simulate_scene
from meas_blends.simulation.relations import Population
from meas_blends.simulation.survey import Survey
from meas_blends.simulation.variation import Variation

LSST = Survey.named("lsst_i")
SHAPE = (96, 96)


def _scene(scene: int = 0, table: Table | None = None, **values: object):
    values = {"survey": LSST, "shape": SHAPE, **values}
    return simulate_scene(SceneRecipe(**values), scene, table)


def test_repeats():
    (first, truth), (again, other) = _scene(3, star_density=30.0), _scene(3, star_density=30.0)
    np.testing.assert_array_equal(first.image, again.image)
    for name in truth.colnames:
        np.testing.assert_array_equal(truth[name], other[name])
    assert first.origins["image"] == "simulated, survey lsst_i, seed 1, scene 3"


def test_bands_show_the_same_sky_with_noise_of_their_own():
    varied = Variation(psf_fwhm=(0.5, 1.1), size_scale=(0.8, 1.25))
    (green, g), (red, r) = (
        _scene(survey=Survey.named(f"lsst_{band}"), variation=varied, star_density=30.0)
        for band in "gr"
    )
    assert (green.band, red.band) == ("g", "r")
    for name in ("galaxyId", "x", "y", "diskHalfLightRadius", "isStar"):
        np.testing.assert_array_equal(g[name], r[name])
    assert green.psf.middle.shape != red.psf.middle.shape or not np.allclose(
        green.psf.middle, red.psf.middle
    )
    noise = [c.image[:20] - np.median(c.image) for c in (green, red)]
    assert not np.allclose(noise[0] / noise[0].std(), noise[1] / noise[1].std(), atol=0.5)


def test_stars_come_after_the_galaxies():
    _, truth = _scene(star_density=30.0)
    _, without = _scene()
    TRUTH.check(truth)
    n = len(without)
    np.testing.assert_array_equal(truth["x"][:n], without["x"])
    assert not truth["isStar"][:n].any() and truth["isStar"][n:].all()
    assert len(truth) > n
    np.testing.assert_array_equal(truth["galaxyId"], np.arange(1, len(truth) + 1))


def test_variation_reaches_the_scene():
    wide, _ = _scene(variation=Variation(psf_fwhm=(1.1, 1.1)))
    deep, _ = _scene(variation=Variation(extra_depth=(0.7, 0.7)))
    plain, small = _scene()
    _, large = _scene(variation=Variation(size_scale=(1.25, 1.25)))
    _, dense = _scene(variation=Variation(density_scale=(3.0, 3.0)))
    assert wide.psf.middle.max() < 0.7 * plain.psf.middle.max()
    ratio = np.median(deep.variance) / np.median(plain.variance)
    assert ratio == pytest.approx(10 ** (-0.4 * 1.4), rel=0.01)
    np.testing.assert_allclose(
        large["diskHalfLightRadius"], 1.25 * small["diskHalfLightRadius"], rtol=1e-5
    )
    assert len(dense) > 2 * len(small)


def test_significance_is_that_of_the_place():
    _, plain = _scene()
    coadd, uneven = _scene(uneven_depth=1.0)
    # Ten borders cross the image, so at any place five pointings are missing.
    ratio = uneven["significance"] / plain["significance"]
    assert 0.3 < ratio.min() < ratio.max() <= 1.0
    assert np.ptp(coadd.variance[~coadd.bad]) > 0.1 * np.median(coadd.variance)
    _, blurred = _scene(psf_field=0.1, shape=(600, 600))
    _, sharp = _scene(shape=(600, 600))
    assert np.std(np.asarray(blurred["significance"] / sharp["significance"])) > 0.005


def test_full_mode_shows_the_same_galaxies():
    few = LSST.replace(n_exposures=2)
    fast, truth = _scene(survey=few, shape=(24, 24))
    full, same = _scene(survey=few, shape=(24, 24), mode="full")
    for name in truth.colnames:
        np.testing.assert_array_equal(truth[name], same[name])
    assert "exposure by exposure" in full.origins["image"]
    assert full.shape == fast.shape and full.name == fast.name


def test_table_in_place_of_the_population():
    table = Table({"ra": [10.0], "dec": [-5.0], "mag_i_lsst": [20.0]})
    coadd, truth = _scene(table=table, table_format="cosmodc2")
    assert len(truth) == 1
    assert truth["x"][0] == pytest.approx(47.5) and truth["y"][0] == pytest.approx(47.5)
    ra, dec = coadd.sky(truth["x"], truth["y"])
    assert (ra[0], dec[0]) == pytest.approx((10.0, -5.0))
    assert np.unravel_index(coadd.image.argmax(), SHAPE) == pytest.approx((47.5, 47.5), abs=1.5)
    _, truth = _scene(table=table, table_format="cosmodc2", table_centre=(10.0, -5.0014))
    assert truth["y"][0] == pytest.approx(47.5 + 25.2, abs=0.1)


def test_no_galaxies():
    coadd, truth = _scene(population=Population(density=0.0))
    assert len(truth) == 0
    assert coadd.image.std() > 0
