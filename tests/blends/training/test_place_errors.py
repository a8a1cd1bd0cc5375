"""Pulls of places, on places made by hand."""

import numpy as np

from meas_blends.blends.classifier import Places
from meas_blends.blends.training.place_errors import place_pulls


def test_pulls_are_offsets_over_errors():
    """Two footprints side by side, the first with a likely and an unlikely place."""
    places = Places(
        np.array([0, 0, 1]), np.array([10.0, 14.0, 11.0]), np.array([5.0, 5.0, 5.0]),
        np.full(3, 0.5), np.full(3, 0.25), np.array([0.9, 0.3, 0.8]),
    )  # fmt: skip
    x, y, owner = np.array([10.5, 14.0, 10.0]), np.array([5.5, 5.0, 5.0]), np.array([0, 0, 1])
    # The second centre has no likely place near; the third's is that of its own footprint.
    np.testing.assert_allclose(place_pulls(places, x, y, owner), [1, 2, -2, 0])


def test_no_pulls_without_places():
    none = Places(np.zeros(0, int), *np.zeros((5, 0)))
    assert place_pulls(none, np.array([1.0]), np.array([1.0]), np.array([0])).shape == (0,)
    assert place_pulls(none, *np.zeros((2, 0)), np.zeros(0, int)).shape == (0,)
