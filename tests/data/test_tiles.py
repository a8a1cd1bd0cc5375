"""Parts of an image: nothing is lost, nothing comes twice, and all is where it was."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from meas_blends.data.footprints import labels_to_spans, pixel_lists
from meas_blends.data.tiles import footprint_windows, row_strips, tiles

SHAPES = array_shapes(min_dims=2, max_dims=2, max_side=40)
LABELS = arrays(np.int32, SHAPES, elements=st.sampled_from([0, 0, 0, 1, 2, 3, 7]))
ORIGINS = st.tuples(st.integers(-50_000, 50_000), st.integers(-50_000, 50_000))


@given(SHAPES, st.integers(1, 50))
def test_tiles_cover_an_image_once(shape, side):
    covered = np.zeros(shape, int)
    for rows, columns in tiles(shape, side):
        covered[rows, columns] += 1
        assert covered[rows, columns].size <= side**2
    assert (covered == 1).all()


def test_strips_cover_an_image_once():
    for shape in ((1, 1), (3000, 700), (2, 3_000_000)):
        rows = [row for strip in row_strips(shape) for row in range(strip.start, strip.stop)]
        assert rows == list(range(shape[0]))


@given(LABELS, ORIGINS, st.integers(3, 30), st.integers(0, 6))
def test_every_footprint_lies_whole_in_one_window(labels, xy0, side, margin):
    ny, nx = labels.shape
    spans = labels_to_spans(labels, xy0)
    whole = pixel_lists(spans, labels.shape, xy0)
    found = {}
    for window in footprint_windows(spans, labels.shape, xy0, side, margin):
        rows, columns, pixels = window.rows, window.columns, window.pixels
        y, x = np.divmod(pixels.flat, columns.stop - columns.start)
        y, x = y + rows.start, x + columns.start
        for k, identifier in enumerate(pixels.identifiers):
            own = slice(pixels.first[k], pixels.first[k + 1])
            assert identifier not in found
            found[identifier] = y[own] * nx + x[own]
            for part, axis, size in ((rows, y[own], ny), (columns, x[own], nx)):
                reach = max(np.ptp(axis) + 1, margin)
                assert part.start <= max(axis.min() - reach, 0)
                assert part.stop >= min(axis.max() + 1 + reach, size)
    assert sorted(found) == whole.identifiers.tolist()
    for k, identifier in enumerate(whole.identifiers):
        assert np.array_equal(found[identifier], whole.flat[whole.first[k] : whole.first[k + 1]])


def test_an_image_no_larger_than_a_tile_is_one_window():
    labels = np.eye(30, dtype=int)
    (window,) = footprint_windows(labels_to_spans(labels), labels.shape, side=30)
    assert (window.rows, window.columns) == (slice(0, 30), slice(0, 30))
    (empty,) = footprint_windows(labels_to_spans(0 * labels), labels.shape, side=30)
    assert len(empty.pixels.identifiers) == 0
