"""The truth table from its columns."""

import numpy as np
import pytest

from meas_blends.data.catalogs import TRUTH
from meas_blends.simulation.relations import Population
from meas_blends.simulation.scenes import scene_wcs
from meas_blends.simulation.shapes import draw_shapes
from meas_blends.simulation.survey import Survey
from meas_blends.simulation.truth import join_truth, make_truth

LSST = Survey.named("lsst_i")


def _columns(mag: list[float], **more: object) -> dict[str, np.ndarray]:
    mag = np.array(mag)
    shapes = draw_shapes(mag, Population(), np.random.default_rng(1))
    return {**shapes, "x": mag, "y": 2.0 * mag, "mag": mag, **more}


def test_fluxes_follow_from_magnitudes():
    truth = make_truth(_columns([31.4, 26.63]), LSST)
    TRUTH.check(truth)
    assert truth["flux"][0] == pytest.approx(1.0)
    assert truth["significance"][1] == pytest.approx(5.0, rel=0.01)
    np.testing.assert_array_equal(truth["galaxyId"], [1, 2])


def test_what_is_not_given():
    truth = make_truth(_columns([25.0]), LSST)
    assert not truth["isStar"][0]
    assert truth["shear1"][0] == truth["shear2"][0] == truth["convergence"][0] == 0.0
    assert np.isnan(truth["redshift"][0]) and np.isnan(truth["coord_ra"][0])


def test_sky_coordinates_are_those_of_the_array():
    wcs = scene_wcs(LSST, (100, 100))
    truth = make_truth(_columns([25.0]), LSST, wcs, xy0=(10, 20))
    world = wcs.pixel_to_world(15.0, 30.0)
    assert (truth["coord_ra"][0], truth["coord_dec"][0]) == pytest.approx(
        (world.ra.deg, world.dec.deg)
    )


def test_joined_tables_are_numbered_anew():
    first, second = make_truth(_columns([25.0, 24.0]), LSST), make_truth(_columns([23.0]), LSST)
    joined = join_truth(first, second, first[:0])
    np.testing.assert_array_equal(joined["galaxyId"], [1, 2, 3])
    np.testing.assert_array_equal(joined["mag"], [25.0, 24.0, 23.0])
    assert joined.colnames == first.colnames
    assert joined["x"].unit == first["x"].unit
