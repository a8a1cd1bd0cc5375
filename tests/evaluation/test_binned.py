"""Accuracy in bins."""

import numpy as np
import pytest

from meas_blends.evaluation.binned import accuracy_table, wilson_interval
from outcome_toys import make_outcomes


def test_bins_of_known_footprints():
    outcomes = make_outcomes(
        [2, 2, 2, 2, 1, 3], [2, 1, 2, 2, 2, 1], separation=[0.5, 0.6, 1.2, 9.0, np.nan, 1.4]
    )
    table = accuracy_table(outcomes, {"separation": (0, 1, 2, 3)})
    assert set(table["blended"]) == {True}
    assert table["nFootprints"].tolist() == [2, 2, 1]
    assert table["nRight"].tolist() == [1, 1, 1]  # what lies beyond is in the last bin
    assert table["accuracy"].tolist() == [0.5, 0.5, 1.0]
    np.testing.assert_allclose(table["middle"], [0.55, 1.3, 9.0], rtol=1e-6)


def test_unblended_footprints_have_some_quantities_too():
    outcomes = make_outcomes([1, 1, 2], [1, 2, 2], mag=[20.0, 25.0, 25.0])
    table = accuracy_table(outcomes, {"mag": (18, 22, 26), "fluxRatio": (0, 1)})
    single = table[(table["quantity"] == "mag") & ~table["blended"]]
    assert single["accuracy"].tolist() == [1.0, 0.0]
    assert not np.any((table["quantity"] == "fluxRatio") & ~table["blended"])


def test_an_empty_bin_is_unknown():
    table = accuracy_table(make_outcomes([2], [2], separation=[0.5]), {"separation": (0, 1, 2)})
    assert table["nFootprints"].tolist() == [1, 0]
    for name in ("accuracy", "accuracyLow", "accuracyHigh", "middle"):
        assert np.isnan(table[name][1])


def test_wilson_interval():
    low, high = wilson_interval([0, 50, 100], [100, 100, 100])
    # One sigma of a share of nothing out of n is z^2 / (n + z^2).
    assert (low[0], high[0]) == pytest.approx((0.0, 1 / 101))
    assert high[1] - low[1] == pytest.approx(0.1, rel=0.01)
    assert (1 - high[2], 1 - low[2]) == pytest.approx((0.0, 1 / 101))
