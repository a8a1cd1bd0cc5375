"""Pooling of several bands' probabilities, against sums done by hand."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.blends.pool_bands import POOLING, band_counts, pool_counts

NAN = [np.nan] * 4


def classification(*counts):
    columns = np.array(counts, float).reshape(-1, 4).T
    return Table({f"probability{k + 1}": column for k, column in enumerate(columns)})


def test_footprints_go_to_their_merged_ones():
    table = classification([0.9, 0.1, 0, 0], [0.2, 0.8, 0, 0])
    counts = band_counts(table, np.array([2, 0]), 3)
    np.testing.assert_allclose(counts, [[0.2, 0.8, 0, 0], NAN, [0.9, 0.1, 0, 0]])


def test_objects_of_footprints_that_were_merged_add_up():
    table = classification([0.5, 0.5, 0, 0], [0.8, 0.1, 0.1, 0], [1, 0, 0, 0])
    two = band_counts(table[:2], np.array([0, 0]), 1)
    np.testing.assert_allclose(two, [[0, 0.4, 0.45, 0.15]])
    three = band_counts(table, np.zeros(3, int), 1)
    np.testing.assert_allclose(three, [[0, 0, 0.4, 0.6]])
    with_nothing = band_counts(classification([0.5, 0.5, 0, 0], NAN), np.zeros(2, int), 1)
    assert np.isnan(with_nothing).all()


def test_no_footprints():
    assert np.isnan(band_counts(classification(), np.zeros(0, int), 2)).all()


@pytest.mark.parametrize(
    ("rule", "blended"),
    [
        ("any", 1 - 0.9 * 0.6),
        ("strongest", 0.4),
        ("mean", 1 - np.sqrt(0.54) / (np.sqrt(0.54) + np.sqrt(0.04))),
    ],
)
def test_rules(rule, blended):
    bands = [np.array([[0.9, 0.1, 0, 0]]), np.array([[0.6, 0.4, 0, 0]])]
    pooled = pool_counts(bands, rule)
    assert 1 - pooled[0, 0] == pytest.approx(blended, abs=1e-5)
    assert pooled[0, 2] == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("rule", POOLING)
def test_rows_sum_to_one_whatever_bands_are_there(rule):
    rng = np.random.default_rng(3)
    bands = [rng.dirichlet(np.ones(4), 50) for _ in range(3)]
    bands[0][:10] = bands[1][:5] = bands[2][:2] = np.nan
    pooled = pool_counts(bands, rule)
    assert np.isnan(pooled[:2]).all()
    np.testing.assert_allclose(pooled[2:].sum(axis=1), 1)
    assert (pooled[2:] >= -1e-12).all()
    # Where one band alone speaks, it is heard as it is.
    np.testing.assert_allclose(pooled[2:5], bands[2][2:5], atol=1e-5)


@pytest.mark.parametrize("rule", ["any", "strongest"])
def test_more_bands_never_show_fewer_objects(rule):
    rng = np.random.default_rng(4)
    bands = [rng.dirichlet(np.ones(4), 100) for _ in range(2)]
    pooled = pool_counts(bands, rule)
    for band in bands:
        assert (np.cumsum(pooled, axis=1) <= np.cumsum(band, axis=1) + 1e-12).all()
