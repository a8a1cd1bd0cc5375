"""Clustered positions."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from meas_blends.simulation.positions import clustered_positions


def _excess(fraction: float, size: float = 20.0) -> np.ndarray:
    """Angular correlation of periodic positions at 5-10 and 200-205 pixels."""
    x, y, _ = clustered_positions(
        20_000, (1000, 1000), np.random.default_rng(1), fraction, size, 50.0
    )
    tree = cKDTree(np.column_stack([x + 0.5, y + 0.5]), boxsize=1000.0)
    edges = np.array([5.0, 10.0, 200.0, 205.0])
    pairs = np.diff(tree.count_neighbors(tree, edges))[[0, 2]]
    expected = 20_000**2 / 1000**2 * np.pi * np.diff(edges**2)[[0, 2]]
    return pairs / expected - 1.0


def test_random_without_groups():
    np.testing.assert_allclose(_excess(0.0), 0.0, atol=0.01)


def test_groups_cluster_on_small_scales_only():
    near, far = _excess(0.3)
    assert near > 0.04
    assert abs(far) < 0.01


def test_larger_groups_cluster_more():
    assert _excess(0.3, 40.0)[0] > 1.5 * _excess(0.3, 20.0)[0]


@pytest.mark.parametrize("number", [0, 1, 1000])
def test_stays_in_the_area(number):
    x, y, group = clustered_positions(number, (30, 50), np.random.default_rng(2), 1.0, 5.0, 80.0)
    assert len(x) == len(y) == len(group) == number
    assert np.all((x >= -0.5) & (x <= 49.5) & (y >= -0.5) & (y <= 29.5))


def test_groups_lie_together():
    x, y, group = clustered_positions(5000, (5000, 5000), np.random.default_rng(4), 0.4, 20.0, 9.0)
    assert (group >= 0).mean() == pytest.approx(0.4, abs=0.03)
    assert group.min() == -1
    for number in range(5):
        members = group == number
        assert np.ptp(x[members]) <= 18.0 or np.ptp(x[members]) > 4000.0
        assert np.ptp(y[members]) <= 18.0 or np.ptp(y[members]) > 4000.0
