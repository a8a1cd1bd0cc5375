"""Galaxies of a scene: numbers, what bands share, lensing, neighbours."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from meas_blends.simulation.population import Population, draw_galaxies, galaxies_at
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")


def test_counts():
    population = Population(density_scatter=0.0, lensing=0.0)
    galaxies = draw_galaxies(LSST, (2000, 2000), np.random.default_rng(5), population)
    area = (2100 * 0.2 / 60) ** 2
    for mag in (24.0, 26.0, 28.0):
        # Nothing brighter than 18 is drawn.
        expected = 46.0 * (10 ** (0.31 * (mag - 25.0)) - 10 ** (0.31 * (18.0 - 25.0)))
        n = (galaxies["mag"] < mag).sum()
        assert n / area == pytest.approx(expected, abs=4.0 * np.sqrt(n) / area)
    assert np.all(np.diff(galaxies["mag"]) >= 0)
    assert galaxies["mag"].max() <= 29.0
    assert galaxies["x"].min() < -40 and galaxies["x"].max() > 2040


def test_density_scatters_between_scenes():
    numbers = [len(draw_galaxies(LSST, (700, 700), np.random.default_rng(k))) for k in range(60)]
    assert np.std(np.log(numbers)) == pytest.approx(0.067, abs=0.025)


def test_bands_show_the_same_galaxies():
    """Fluxes and bulge fractions differ, nothing else does."""
    red, blue = (
        draw_galaxies(Survey.named(f"lsst_{band}"), (300, 300), np.random.default_rng(3))
        for band in ("i", "g")
    )
    differ = {"mag", "flux", "significance", "bulgeToTotal"}
    for name in red.colnames:
        assert np.array_equal(red[name], blue[name]) == (name not in differ)
    assert 0.2 < np.median(blue["mag"] - red["mag"]) < 1.2
    assert np.std(blue["mag"] - red["mag"]) > 0.3


def test_depth_and_seeing_leave_the_galaxies_alone():
    plain, deep = (
        draw_galaxies(survey, (300, 300), np.random.default_rng(3))
        for survey in (LSST, LSST.deepened(0.7).replace(psf_fwhm=1.0))
    )
    for name in ("x", "mag", "diskHalfLightRadius", "shear1"):
        np.testing.assert_array_equal(plain[name], deep[name])
    assert not np.allclose(plain["significance"], deep["significance"])


def test_one_colour_for_all():
    red, blue = (
        draw_galaxies(
            Survey.named(f"lsst_{band}"),
            (300, 300),
            np.random.default_rng(3),
            Population(one_colour=True),
        )
        for band in ("i", "g")
    )
    assert np.ptp(np.asarray(blue["mag"] - red["mag"])) < 1e-5
    np.testing.assert_array_equal(red["bulgeToTotal"], blue["bulgeToTotal"])


def test_lensing_magnifies():
    plain, lensed = (
        draw_galaxies(LSST, (300, 300), np.random.default_rng(3), Population(lensing=factor))
        for factor in (0.0, 1.0)
    )
    assert not np.any(plain["shear1"]) and not np.any(plain["convergence"])
    np.testing.assert_array_equal(plain["diskHalfLightRadius"], lensed["diskHalfLightRadius"])
    brighter = -2.5 * np.log10(
        (1 - lensed["convergence"]) ** 2 - lensed["shear1"] ** 2 - lensed["shear2"] ** 2
    )
    np.testing.assert_allclose(plain["mag"] - lensed["mag"], brighter, atol=1e-5)
    assert 0.01 < np.std(brighter) < 0.3


def test_neighbours_share_redshifts():
    """Close pairs have one redshift more often than pairs far apart."""
    population = Population(clustered_fraction=0.5, mag_faint=25.0, group_size=10.0)
    galaxies = draw_galaxies(LSST, (2000, 2000), np.random.default_rng(3), population)
    places = np.column_stack([galaxies["x"], galaxies["y"]])
    redshift = np.asarray(galaxies["redshift"])
    near = cKDTree(places).query_pairs(20.0, output_type="ndarray")
    alike = np.abs(redshift[near[:, 0]] - redshift[near[:, 1]]) < 0.05
    strangers = np.random.default_rng(1).permutation(near[:, 1])
    other = np.abs(redshift[near[:, 0]] - redshift[strangers]) < 0.05
    assert alike.mean() > 1.5 * other.mean()


def test_known_positions_keep_their_order_and_flux():
    mag = np.array([26.63, 20.0, 31.4])
    galaxies = galaxies_at([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], mag, LSST, np.random.default_rng(1))
    np.testing.assert_array_equal(galaxies["galaxyId"], [1, 2, 3])
    np.testing.assert_array_equal(galaxies["x"], [1.0, 2.0, 3.0])
    assert galaxies["flux"][2] == pytest.approx(1.0)
    assert galaxies["significance"][0] == pytest.approx(5.0, rel=0.01)
    assert np.isnan(galaxies["coord_ra"]).all()


def test_no_galaxies():
    assert (
        len(draw_galaxies(LSST, (50, 50), np.random.default_rng(1), Population(density=0.0))) == 0
    )
