"""Scenes from a user's table of galaxies."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.data.catalogs import TRUTH
from meas_blends.errors import BadInputError
from meas_blends.simulation.galaxy_tables import galaxies_from_table, table_centre
from meas_blends.simulation.population import draw_galaxies
from meas_blends.simulation.relations import Population
from meas_blends.simulation.scenes import scene_wcs
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")
GREEN = Survey.named("lsst_g")
SHAPE = (100, 120)
XYM = {"x": "x", "y": "y", "mag": "mag"}


def _rng() -> np.random.Generator:
    return np.random.default_rng(4)


def _table(**more: object) -> Table:
    columns = {"x": [10.0, 20.0, 30.0], "y": [11.0, 21.0, 31.0], "mag": [22.0, 24.0, 26.0]}
    return Table({**columns, **more})


def _read(table: Table, survey: Survey = LSST, **columns: str) -> Table:
    return galaxies_from_table(
        table, "columns", survey, SHAPE, _rng(), columns={**XYM, **columns}, name="mine"
    )


def test_what_is_given_is_kept_and_the_rest_drawn():
    truth = _read(
        _table(bt=[0.0, 0.4, 1.0], e=[0.1, 0.2, 0.3], z=[0.5, np.nan, 1.0]),
        bulge_to_total="bt",
        disk_ellipticity="e",
        redshift="z",
    )
    TRUTH.check(truth)
    np.testing.assert_array_equal(truth["x"], [10.0, 20.0, 30.0])
    np.testing.assert_allclose(truth["mag"], [22.0, 24.0, 26.0])
    np.testing.assert_allclose(truth["bulgeToTotal"], [0.0, 0.4, 1.0])
    np.testing.assert_allclose(truth["diskEllipticity"], [0.1, 0.2, 0.3])
    np.testing.assert_allclose(truth["redshift"][[0, 2]], [0.5, 1.0])
    assert truth["redshift"][1] > 0
    assert len(np.unique(truth["diskHalfLightRadius"])) == 3
    assert np.isfinite(truth["coord_ra"]).all()


def test_photons_an_exposure():
    table = _table(photons=[89.4, 178.8, 0.0])
    table.remove_column("mag")
    columns = {"x": "x", "y": "y", "photons": "photons"}
    truth = galaxies_from_table(table, "columns", LSST, SHAPE, _rng(), columns=columns)
    # The third has no light.
    np.testing.assert_allclose(truth["significance"], [5.0, 10.0], rtol=3e-3)


def test_the_papers_limit_is_five_sigma():
    table = Table({"x": [9.5], "y": [9.5], "n_photons_i": [89.4]})
    truth = galaxies_from_table(table, "gp_blends", LSST, SHAPE, _rng())
    assert truth["x"][0] == 10.0
    assert truth["significance"][0] == pytest.approx(5.0, abs=0.01)


def test_sizes():
    one = _read(_table(r=[0.3, 0.4, 0.5]), half_light_radius="r")
    np.testing.assert_allclose(one["diskHalfLightRadius"], [0.3, 0.4, 0.5], rtol=1e-6)
    two = _read(_table(r=[0.3, 0.4, 0.5]), bulge_half_light_radius="r")
    np.testing.assert_allclose(two["bulgeHalfLightRadius"], [0.3, 0.4, 0.5], rtol=1e-6)
    assert not np.allclose(two["diskHalfLightRadius"], [0.3, 0.4, 0.5])


def test_one_component_of_any_index():
    truth = _read(_table(n=[0.1, 2.53, 9.0]), sersic_index="n")
    np.testing.assert_array_equal(truth["bulgeToTotal"], 0.0)
    np.testing.assert_allclose(truth["diskSersicIndex"], [0.3, 2.5, 6.2], rtol=1e-6)


def test_stars():
    truth = _read(_table(star=[0, 1, 0]), is_star="star")
    np.testing.assert_array_equal(truth["isStar"], [False, True, False])
    assert truth["diskHalfLightRadius"][1] == truth["convergence"][1] == 0.0


def test_lensing_is_that_of_the_table_if_it_has_any():
    truth = _read(_table(g=[0.1, -0.1, 0.0]), shear1="g")
    np.testing.assert_allclose(truth["shear1"], [0.1, -0.1, 0.0])
    np.testing.assert_array_equal(truth["shear2"], 0.0)
    # Magnitudes are as observed, whatever the lensing.
    np.testing.assert_allclose(truth["mag"], [22.0, 24.0, 26.0])


def test_own_truth_comes_back():
    drawn = draw_galaxies(LSST, SHAPE, _rng())
    again = galaxies_from_table(drawn, "truth", LSST, SHAPE, np.random.default_rng(99))
    assert again.colnames == drawn.colnames
    for name in drawn.colnames:
        tolerance = 1e-6 if drawn[name].dtype.kind == "f" else 0
        np.testing.assert_allclose(again[name], drawn[name], rtol=tolerance)


def test_colours_of_the_table_and_drawn_ones():
    table = _table(g=[23.0, 25.0, 27.0])
    given = galaxies_from_table(
        table,
        "columns",
        GREEN,
        SHAPE,
        _rng(),
        columns={"x": "x", "y": "y", "mag_i": "mag", "mag_g": "g"},
    )
    np.testing.assert_allclose(given["mag"], [23.0, 25.0, 27.0])
    drawn = galaxies_from_table(
        table, "columns", GREEN, SHAPE, _rng(), columns={"x": "x", "y": "y", "mag_i": "mag"}
    )
    colour = drawn["mag"] - table["mag"]
    assert np.all(np.abs(colour) > 1e-3) and np.all(np.abs(colour) < 4.0)
    np.testing.assert_array_equal(given["diskHalfLightRadius"], drawn["diskHalfLightRadius"])
    alike = galaxies_from_table(
        table,
        "columns",
        GREEN,
        SHAPE,
        _rng(),
        Population(one_colour=True),
        {"x": "x", "y": "y", "mag_i": "mag", "mag_g": "g"},
    )
    assert np.ptp(np.asarray(alike["mag"] - table["mag"])) == pytest.approx(0.0, abs=1e-5)


def test_galaxies_far_outside_are_left_out():
    truth = _read(_table(x=[-99.0, 219.0, 300.0]))
    np.testing.assert_array_equal(truth["x"], [-99.0, 219.0])


@pytest.mark.parametrize("ra", [150.0, 0.0])
def test_sky_coordinates(ra):
    """The table's middle is the image's, also where RA starts anew."""
    offset = np.array([-5.0, 0.0, 5.0]) / 3600.0
    table = Table({"ra": (ra + offset) % 360.0, "dec": offset, "mag_i_lsst": [24.0] * 3})
    truth = galaxies_from_table(table, "cosmodc2", LSST, SHAPE, _rng())
    np.testing.assert_allclose(truth["x"], [84.5, 59.5, 34.5], atol=1e-3)
    np.testing.assert_allclose(truth["y"], [24.5, 49.5, 74.5], atol=1e-3)
    np.testing.assert_allclose((truth["coord_ra"] - ra + 180) % 360 - 180, offset, atol=1e-8)
    assert table_centre(table, "cosmodc2") == pytest.approx((ra, 0.0))
    moved = galaxies_from_table(table, "cosmodc2", LSST, SHAPE, _rng(), centre=(ra, 1 / 3600.0))
    np.testing.assert_allclose(moved["y"], truth["y"] - 5.0, atol=1e-3)


def test_tables_in_pixels_have_no_centre():
    assert table_centre(_table(), "columns", XYM) is None
    got = _read(_table())
    world = scene_wcs(LSST, SHAPE).pixel_to_world(10.0, 11.0)
    assert got["coord_ra"][0] == pytest.approx(world.ra.deg)


@pytest.mark.parametrize("form", ["gp_blends", "cosmodc2"])
def test_no_galaxies(form):
    names = {"gp_blends": ("x", "y", "n_photons_i"), "cosmodc2": ("ra", "dec", "mag_i_lsst")}
    table = Table({name: np.zeros(0) for name in names[form]})
    assert len(galaxies_from_table(table, form, LSST, SHAPE, _rng())) == 0
    assert table_centre(table, form) is None


@pytest.mark.parametrize(
    ("column", "quantity", "said"),
    [
        (
            [0.1, 1.2, 0.3],
            "bulge_to_total",
            "mine: 1 rows have an impossible bulge_to_total.*row 1",
        ),
        ([0.1, -1.0, -2.0], "half_light_radius", "2 rows have an impossible half_light_radius"),
        ([0.1, np.nan, 0.1], "ellipticity", "impossible ellipticity"),
        (["a", "b", "c"], "position_angle", "position_angle is no number"),
        ([1.0, np.inf, 2.0], "x", "impossible x"),
        ([20.0, np.nan, 22.0], "mag", "impossible mag"),
        ([20.0, -1.0, 22.0], "photons", "impossible photons"),
    ],
)
def test_refuses_impossible_values(column, quantity, said):
    with pytest.raises(BadInputError, match=said):
        _read(_table(c=column), **{quantity: "c"})


def test_refuses_a_table_without_a_usable_band():
    with pytest.raises(BadInputError, match="no magnitudes in g, nor in i"):
        galaxies_from_table(
            _table(), "columns", GREEN, SHAPE, _rng(), columns={"x": "x", "y": "y", "mag_z": "mag"}
        )
