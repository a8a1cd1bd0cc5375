"""Galaxies with structure: their light, their sizes, and that each is one object."""

import numpy as np
import pytest

from meas_blends.simulation.exposures import render_exposures
from meas_blends.simulation.population import draw_galaxies, galaxies_at
from meas_blends.simulation.relations import Population
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.structure import KINDS, draw_structure
from meas_blends.simulation.structure_light import structure_light
from meas_blends.simulation.survey import survey_of_band

#: A disk of 8 pixels, flattened by a third.
_MATRIX = (8.0**2 / 1.5, 0.0, 8.0**2 * 1.5)
_SIZE, _CENTRE = 256, (127.3, 128.6)


def _light(number, spheroid=False, second=(0.0, 1.0, _MATRIX)):
    structure = draw_structure(number, spheroid, 1 / 1.5)
    return structure_light(structure, _MATRIX, second, _CENTRE, _SIZE, 1.0)


def _half_light_radius(light):
    """In units of the matrix, in ellipses of its shape."""
    y, x = np.mgrid[:_SIZE, :_SIZE] - np.array(_CENTRE)[::-1, None, None]
    radius = np.hypot(x / np.sqrt(_MATRIX[0]), y / np.sqrt(_MATRIX[2])).ravel()
    order = np.argsort(radius)
    return np.interp(0.5, np.cumsum(light.ravel()[order]), radius[order])


@pytest.mark.parametrize("spheroid", [False, True])
def test_light_is_whole_and_of_the_stated_size(spheroid):
    radii = []
    for number in range(1, 60):
        light = _light(number, spheroid)
        assert light.min() >= 0
        assert light.sum() == pytest.approx(1.0, abs=1e-12)
        radii.append(_half_light_radius(light))
    # Wings that are cut off at the border of the image, and coarse pixels, cost a little.
    assert np.median(radii) == pytest.approx(1.0, abs=0.03)
    assert np.quantile(np.abs(np.array(radii) - 1.0), 0.9) < 0.15


def test_one_number_gives_one_galaxy():
    np.testing.assert_array_equal(_light(7), _light(7))
    assert np.abs(_light(7) - _light(8)).sum() > 0.05


def test_all_kinds_are_drawn_of_their_components_only():
    disks = {draw_structure(k, False, 0.3).kind for k in range(200)}
    spheroids = {draw_structure(k, True, 0.3).kind for k in range(200)}
    assert disks == {name for name, (of_disks, _) in KINDS.items() if of_disks}
    assert spheroids == {name for name, (_, of_spheroids) in KINDS.items() if of_spheroids}
    assert "edge-on" not in {draw_structure(k, False, 0.9).kind for k in range(200)}


def test_structure_shows_beside_a_smooth_profile():
    """Of 40 disks most differ from the nearest smooth one by more than a few hundredths."""
    differs = []
    for number in range(1, 41):
        light = _light(number)
        mirrored = light[::-1, ::-1]
        shift = 2 * np.array(_CENTRE[::-1]) - (_SIZE - 1)
        mirrored = np.roll(mirrored, np.round(shift).astype(int), (0, 1))
        differs.append(np.abs(light - mirrored).sum())
    assert np.mean(np.array(differs) > 0.05) > 0.5


def _row_of_galaxies(number, survey, rng, structured):
    x = 40.0 + 80.0 * np.arange(number)
    population = Population(structured=structured, radius_scatter=0.1)
    return galaxies_at(
        x + 0.3, np.full(number, 39.6), np.full(number, 20.5), survey, rng, population
    )


def test_a_galaxy_keeps_its_flux_whatever_its_structure():
    survey = survey_of_band("lsst_i", None)
    rng = np.random.default_rng(3)
    galaxies = _row_of_galaxies(12, survey, rng, 1.0)
    assert (galaxies["structure"] > 0).all()
    coadd = render_scene(galaxies, survey, (80, 960), rng)
    flux = coadd.image.reshape(80, 12, 80).sum(axis=(0, 2))
    flux /= survey.photons(20.5) * survey.counts_per_photon
    # Neighbours shine in, and wings are lost.
    assert np.median(flux) == pytest.approx(1.0, abs=0.02)
    assert np.abs(flux - 1.0).max() < 0.12


def test_photons_and_fourier_space_draw_the_same_structure():
    survey = survey_of_band("lsst_i", None).replace(n_exposures=3)
    rng = np.random.default_rng(4)
    galaxies = _row_of_galaxies(3, survey, rng, 1.0)
    fast = render_scene(galaxies, survey, (80, 240), rng)
    full = render_exposures(galaxies, survey, (80, 240), rng)
    pull = (fast.image - full.image) / np.sqrt(fast.variance + full.variance)
    # Each is bilinear: noise is less than that of single pixels nowhere, and alike in both.
    for part in np.split(pull, 3, axis=1):
        assert part.std() == pytest.approx(pull.std(), rel=0.1)
        assert abs(part.mean()) < 0.2
    assert 0.8 < pull.std() < 1.1


def test_structure_is_of_the_sky_not_of_the_band():
    drawn = [
        draw_galaxies(
            survey_of_band("lsst_i", band),
            (200, 200),
            np.random.default_rng(5),
            Population(structured=0.5),
        )
        for band in "gi"
    ]
    np.testing.assert_array_equal(drawn[0]["structure"], drawn[1]["structure"])
    bright = drawn[1]["mag"] < 24
    assert 0.3 < np.mean(drawn[1]["structure"][bright] > 0) < 0.7


def test_added_bright_galaxies_leave_the_others_alone():
    survey = survey_of_band("lsst_i", None)

    def draw(density):
        return draw_galaxies(
            survey, (600, 600), np.random.default_rng(6), Population(bright_density=density)
        )

    without, many = draw(0.0), draw(10.0)
    assert len(many) > len(without)
    assert set(without["x"]) <= set(many["x"])
    added = ~np.isin(many["x"], without["x"])
    assert many["mag"][added].max() < 22.5


def test_companions_lie_close_to_galaxies_and_leave_the_others_alone():
    survey = survey_of_band("lsst_i", None)

    def draw(fraction):
        population = Population(companion_fraction=fraction)
        return draw_galaxies(survey, (800, 800), np.random.default_rng(6), population)

    without, many = draw(0.0), draw(0.5)
    assert set(without["x"]) <= set(many["x"])
    added = many[~np.isin(many["x"], without["x"])]
    bright = without[without["mag"] < 25.0]
    assert len(added) == pytest.approx(0.5 * np.sum(without["mag"] < 24.5), rel=0.3)
    distance = np.hypot(
        added["x"][:, None] - bright["x"][None], added["y"][:, None] - bright["y"][None]
    )
    nearest = distance.min(axis=1) * survey.pixel_scale
    assert nearest.max() < 1.61
    assert added["mag"].max() < 24.5 + 2.5 + 0.5
