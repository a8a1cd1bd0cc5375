"""Truth beside posteriors and values."""

import numpy as np
import pytest
from astropy.table import vstack

from galaxy_toys import toy_bounds, toy_galaxies, toy_measured
from meas_blends.data.galaxy_outcome_tables import GALAXY_MEASURED, PEER_MEASURED
from meas_blends.errors import BadInputError
from meas_blends.evaluation.morphology.outcomes import make_outcomes, methods_of, peer_outcomes


def test_rows_follow_what_was_measured():
    galaxies = toy_galaxies(20)
    measured = toy_measured(galaxies)[[7, 3, 11]]
    bounds = toy_bounds(galaxies)[2:8]
    outcomes = make_outcomes(galaxies, bounds, measured, "mine")
    np.testing.assert_array_equal(outcomes["galaxyId"], galaxies["galaxyId"][[7, 3, 11]])
    np.testing.assert_array_equal(outcomes["true_flux"], galaxies["flux"][[7, 3, 11]])
    np.testing.assert_array_equal(outcomes["flux_p50"], measured["flux_p50"])
    np.testing.assert_array_equal(outcomes["cov_21"], measured["cov_21"])
    assert outcomes["boundLogFlux"][0] == bounds["boundLogFlux"][5]
    assert np.isnan(outcomes["boundLogFlux"][2])
    assert outcomes["measured"].all() and outcomes["posterior"].all()
    assert methods_of(outcomes) == ["mine"]


def test_what_failed_is_not_measured():
    galaxies = toy_galaxies(4)
    measured = toy_measured(galaxies)
    measured["flags"][1] = GALAXY_MEASURED.flag("FAILED")
    measured["halfLightRadius_p50"][2] = np.nan
    outcomes = make_outcomes(galaxies, None, measured, "mine")
    np.testing.assert_array_equal(outcomes["measured"], [True, False, False, True])
    assert np.isnan(outcomes["boundBulgeToTotal"]).all()


def test_components_are_told_by_the_true_share():
    galaxies = toy_galaxies(3)
    galaxies["bulgeToTotal"] = [0.0, 1.0, 0.3]
    outcomes = make_outcomes(galaxies, None, toy_measured(galaxies), "mine")
    assert outcomes["component"].tolist() == ["disk", "bulge", "double"]


def test_galaxies_of_another_set():
    galaxies = toy_galaxies(5)
    with pytest.raises(BadInputError, match="mine: measured galaxies that are not in the set"):
        make_outcomes(galaxies[:3], None, toy_measured(galaxies), "mine")


def test_peers_have_values_alone():
    galaxies = toy_galaxies(4)
    row = {"galaxyId": galaxies["galaxyId"], "bulgeToTotal": np.nan, "halfLightRadius": 1.5}
    row |= {"flux": [1.0, 2.0, np.nan, 4.0], "seconds": 1.0, "version": "1", "flags": [0, 0, 1, 0]}
    one, other = (PEER_MEASURED.make({**row, "method": name}) for name in ("one", "other"))
    outcomes = peer_outcomes(galaxies, toy_bounds(galaxies), vstack([one, other]))
    assert len(outcomes) == 8 and methods_of(outcomes) == ["one", "other"]
    np.testing.assert_array_equal(outcomes["measured"], [True, True, False, True] * 2)
    assert not outcomes["posterior"].any() and np.isnan(outcomes["flux_p15865"]).all()
    assert np.isfinite(outcomes["boundLogFlux"]).all()
