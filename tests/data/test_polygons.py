"""Outlines of footprints, filled again."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meas_blends.data.footprints import labels_to_spans
from meas_blends.data.polygons import footprint_polygons


def fill(polygons, shape, xy0, owner):
    """Pixels of a footprint by its polygons: from each, they cross an odd number of times."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    centres = np.column_stack([x.ravel() + xy0[0], y.ravel() + xy0[1]])
    inside = np.zeros(len(centres), bool)
    for k in np.flatnonzero(polygons.owner == owner):
        part = slice(polygons.first[k], polygons.first[k + 1])
        x, y = polygons.x[part], polygons.y[part]
        for xa, ya, xb, yb in zip(x, y, np.roll(x, -1), np.roll(y, -1), strict=True):
            if xa == xb:
                beside = (centres[:, 1] > min(ya, yb)) & (centres[:, 1] < max(ya, yb))
                inside ^= beside & (centres[:, 0] < xa)
    return inside.reshape(shape)


@settings(max_examples=40, deadline=None)
@given(
    labels=arrays(np.int32, (7, 6), elements=st.sampled_from([0, 0, 1, 1, 3])),
    xy0=st.tuples(st.integers(-9, 9), st.integers(-9, 9)),
)
def test_filled_polygons_are_the_footprints(labels, xy0):
    polygons = footprint_polygons(labels_to_spans(labels, xy0))
    assert set(polygons.owner) == set(labels[labels > 0])
    for owner in (1, 3):
        assert np.array_equal(fill(polygons, labels.shape, xy0, owner), labels == owner)


def test_a_ring_has_an_outline_and_a_hole():
    labels = np.ones((4, 5), int)
    labels[1:3, 2] = 0
    polygons = footprint_polygons(labels_to_spans(labels, (10, 20)))
    assert polygons.owner.tolist() == [1, 1]
    assert polygons.hole.tolist() == [False, True]
    assert polygons.first.tolist() == [0, 4, 8]
    corners = list(zip(polygons.x.tolist(), polygons.y.tolist(), strict=True))
    assert corners[:4] == [(9.5, 19.5), (14.5, 19.5), (14.5, 23.5), (9.5, 23.5)]
    assert set(corners[4:]) == {(11.5, 20.5), (12.5, 20.5), (12.5, 22.5), (11.5, 22.5)}


def test_no_footprints_no_polygons():
    polygons = footprint_polygons(labels_to_spans(np.zeros((3, 3), int)))
    assert (len(polygons.x), polygons.first.tolist(), len(polygons.hole)) == (0, [0], 0)
