"""Groups of pixels are those of `scipy.ndimage.label`, by the same numbers."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from meas_blends.detection.connect import find_groups, find_runs
from meas_blends.detection.find import grow

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=20), elements=st.booleans())


def labels_of(mask):
    runs = find_runs(mask)
    labels = np.zeros(mask.shape, int)
    for y, x0, x1, group in zip(runs.y, runs.x0, runs.x1, find_groups(runs), strict=True):
        assert not labels[y, x0 : x1 + 1].any()
        labels[y, x0 : x1 + 1] = group + 1
    return labels


@given(MASKS)
def test_groups_of_eight_neighbours(mask):
    expected, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    np.testing.assert_array_equal(labels_of(mask), expected)


def test_groups_over_several_strips_of_rows():
    rng = np.random.default_rng(2)
    mask = grow(rng.random((1500, 1700)) > 0.998, 4)
    expected, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    np.testing.assert_array_equal(labels_of(mask), expected)
