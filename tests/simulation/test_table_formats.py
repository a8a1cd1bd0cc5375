"""What the columns of galaxy tables mean."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.errors import BadInputError
from meas_blends.simulation.population import galaxies_at
from meas_blends.simulation.survey import Survey
from meas_blends.simulation.table_formats import TABLE_FORMATS, quantities

LSST = Survey.named("lsst_i")

PAPER = Table({"x": [9.5], "y": [19.0], "n_photons_i": [89.4]})
COSMODC2 = Table(
    {
        "ra": [150.1],
        "dec": [2.2],
        "mag_i_lsst": [24.0],
        "mag_g_lsst": [25.0],
        "bulge_to_total_ratio_i": [0.2],
        "size_disk_true": [0.8],
        "size_minor_disk_true": [0.2],
        "position_angle_true": [10.0],
        "shear_1": [0.02],
        "redshift": [0.7],
    }
)
CATSIM = Table(
    {
        "ra": [0.1, 0.1],
        "dec": [0.0, 0.0],
        "i_ab": [24.0, 25.0],
        "r_ab": [24.5, 25.5],
        "fluxnorm_bulge": [0.0, 3e-18],
        "fluxnorm_disk": [1e-18, 1e-18],
        "a_b": [0.0, 0.4],
        "b_b": [0.0, 0.1],
        "a_d": [0.5, 0.6],
        "b_d": [0.5, 0.3],
        "pa_bulge": [0.0, 20.0],
        "pa_disk": [40.0, 20.0],
    }
)


def test_the_papers_scenes():
    """Half a pixel low, and 89.4 photons an exposure are five sigma."""
    values = quantities(PAPER, "gp_blends")
    assert values["x"][0] == 10.0 and values["y"][0] == 19.5
    assert values["mag_i"][0] == pytest.approx(LSST.depth(), abs=0.005)
    expected = LSST.zero_point - 2.5 * np.log10(89.4 / LSST.exposure_time)
    assert values["mag_i"][0] == pytest.approx(expected)


def test_own_truth():
    truth = galaxies_at([3.0], [4.0], [24.0], LSST, np.random.default_rng(1))
    values = quantities(truth, "truth")
    assert values["mag"][0] == np.float32(24.0)
    assert values["disk_half_light_radius"][0] == truth["diskHalfLightRadius"][0]
    assert values["shear1"][0] == truth["shear1"][0]
    truth.remove_columns(["shear1", "isStar"])
    assert {"shear1", "is_star"}.isdisjoint(quantities(truth, "truth"))


def test_cosmodc2():
    values = quantities(COSMODC2, "cosmodc2")
    assert values["mag_g"][0] == 25.0 and values["mag_i"][0] == 24.0
    assert values["disk_half_light_radius"][0] == pytest.approx(0.4)
    assert values["disk_ellipticity"][0] == pytest.approx(0.6)
    assert values["position_angle"][0] == 100.0
    assert values["shear1"][0] == 0.02
    assert "bulge_half_light_radius" not in values


def test_catsim():
    values = quantities(CATSIM, "catsim")
    np.testing.assert_allclose(values["bulge_to_total"], [0.0, 0.75])
    np.testing.assert_allclose(values["bulge_half_light_radius"], [0.0, 0.2])
    np.testing.assert_allclose(values["disk_ellipticity"], [0.0, 1 / 3])
    np.testing.assert_allclose(values["mag_r"], [24.5, 25.5])
    np.testing.assert_allclose(values["position_angle"], [130.0, 110.0])


def test_own_columns():
    table = Table({"px": [1.0], "py": [2.0], "m": [23.0]})
    values = quantities(table, "columns", {"x": "px", "y": "py", "mag": "m"})
    assert {key: column[0] for key, column in values.items()} == {"x": 1.0, "y": 2.0, "mag": 23.0}


@pytest.mark.parametrize(
    ("form", "columns", "said"),
    [
        ("gp_blends", {}, "mine: lacks the columns x, y, n_photons_i; give a scene"),
        ("truth", {}, "mine: lacks the columns x, y, mag"),
        ("cosmodc2", {}, "mine: lacks the columns ra, dec, mag_i_lsst"),
        ("catsim", {}, "mine: lacks the columns ra, dec, i_ab"),
        ("columns", {"x": "a", "y": "gone", "mag": "a"}, "mine: lacks the columns gone"),
        ("columns", {"x": "a", "size": "a"}, "unknown quantities size"),
        ("columns", {"x": "a", "mag": "a"}, "no positions"),
        ("columns", {"x": "a", "y": "a"}, "no brightness"),
        ("votable", {}, "is not known; give one of gp_blends"),
    ],
)
def test_refuses_what_it_cannot_understand(form, columns, said):
    with pytest.raises(BadInputError, match=said):
        quantities(Table({"a": [1.0]}), form, columns, "mine")


def test_every_format_is_described():
    assert all(TABLE_FORMATS.values())
