"""What images hold besides galaxies, stars and noise."""

import dataclasses

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from meas_blends.errors import BadInputError
from meas_blends.simulation.artefacts import Artefacts, add_artefacts
from meas_blends.simulation.recipe import SceneRecipe, simulate_scene
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.stars import draw_stars
from meas_blends.simulation.survey import survey_of_band

_SURVEY = survey_of_band("lsst_i", None)


def _scene(mag):
    """One star in the middle."""
    rng = np.random.default_rng(1)
    stars = draw_stars(_SURVEY, (2000, 2000), rng)[:1]
    stars["x"], stars["y"], stars["mag"] = 100.2, 90.4, mag
    return render_scene(stars, _SURVEY, (201, 201), rng), stars


def _spoiled(coadd, stars, **values):
    return add_artefacts(coadd, stars, _SURVEY, Artefacts(**values), np.random.default_rng(2))


def test_nothing_asked_for_is_nothing_added():
    coadd, stars = _scene(16.0)
    assert _spoiled(coadd, stars) is coadd


@pytest.mark.parametrize(("mag", "saturates"), [(18.0, False), (17.0, True), (14.0, True)])
def test_stars_brighter_than_the_limit_saturate(mag, saturates):
    coadd, stars = _scene(mag)
    spoiled = _spoiled(coadd, stars, saturation_mag=17.5)
    saturated = spoiled.in_planes("SAT")
    assert saturated.any() == saturates
    if saturates:
        assert saturated[90, 100]
        assert spoiled.image[saturated].max() == spoiled.image[saturated].min()
        np.testing.assert_array_equal(spoiled.image[~saturated], coadd.image[~saturated])


def test_charge_runs_along_columns_and_cores_may_be_blank():
    coadd, stars = _scene(14.0)
    spoiled = _spoiled(coadd, stars, saturation_mag=17.5, blank_cores=1.0)
    saturated = spoiled.in_planes("SAT")
    np.testing.assert_array_equal(np.isnan(spoiled.image), saturated)
    assert np.ptp(np.nonzero(saturated)[0]) > 2 * np.ptp(np.nonzero(saturated)[1])


def test_glare_has_its_share_of_the_light():
    coadd, stars = _scene(16.0)
    with_glare = _spoiled(coadd, stars, saturation_mag=16.5, glare=0.5)
    without = _spoiled(coadd, stars, saturation_mag=16.5)
    counts = float(_SURVEY.photons(16.0)) * _SURVEY.counts_per_photon
    free = ~with_glare.in_planes("SAT") & ~without.in_planes("SAT")
    added = (with_glare.image - without.image)[free].sum() / counts
    # The rest of it lies beyond the image, or in saturated pixels.
    assert 0.25 < added < 0.5


def test_residues_have_the_stated_scatter():
    coadd, stars = _scene(25.0)
    noise = np.sqrt(np.median(coadd.variance))
    for name in ("background", "cirrus"):
        added = _spoiled(coadd, stars, **{name: 0.5}).image - coadd.image
        assert added.std() == pytest.approx(0.5 * noise, rel=0.01)
    residue = _spoiled(coadd, stars, background=0.5).image - coadd.image
    assert np.abs(residue - gaussian_filter(residue, 2.0)).max() < 0.1 * noise


def test_trails_and_rays_are_bright_and_few():
    coadd, stars = _scene(25.0)
    noise = np.sqrt(np.median(coadd.variance))
    for values in ({"trails": 20.0}, {"cosmic_rays": 100.0}):
        added = _spoiled(coadd, stars, **values).image - coadd.image
        assert added.min() > -1e-3 * noise
        assert added.max() > 3 * noise


def test_one_seed_gives_one_scene_and_stars_are_still_true():
    recipe = SceneRecipe(
        survey=_SURVEY,
        shape=(300, 300),
        star_density=20.0,
        star_mag_bright=15.0,
        artefacts=Artefacts(17.5, 0.5, 0.02, 1.0, 5.0, 0.1, 0.1),
    )
    one, truth = simulate_scene(recipe, 3)
    again, _ = simulate_scene(recipe, 3)
    np.testing.assert_array_equal(one.image, again.image)
    np.testing.assert_array_equal(one.mask, again.mask)
    plain = dataclasses.replace(recipe, artefacts=Artefacts())
    np.testing.assert_array_equal(simulate_scene(plain, 3)[1]["x"], truth["x"])


@pytest.mark.parametrize("values", [{"glare": 2.0}, {"trails": -1.0}, {"cirrus": np.inf}])
def test_impossible_values_are_refused(values):
    with pytest.raises(BadInputError, match=next(iter(values))):
        Artefacts(**values)
