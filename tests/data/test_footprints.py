import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from meas_blends.data.footprints import labels_to_spans, pixel_lists, spans_to_labels

LABELS = arrays(
    np.int32,
    array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.sampled_from([0, 0, 1, 2, 7]),
)
ORIGINS = st.tuples(st.integers(-50_000, 50_000), st.integers(-50_000, 50_000))


def spans_of(rows):
    rows = np.asarray(rows, int).reshape(-1, 4)
    return Table(rows, names=("footprintId", "y", "x0", "x1"))


@given(LABELS, ORIGINS)
def test_labels_come_back(labels, xy0):
    spans = labels_to_spans(labels, xy0)
    assert np.array_equal(spans_to_labels(spans, labels.shape, xy0), labels)


@given(LABELS, ORIGINS)
def test_spans_are_maximal_sorted_and_in_parent_pixels(labels, xy0):
    spans = labels_to_spans(labels, xy0)
    rows = [tuple(row) for row in spans["footprintId", "y", "x0"].iterrows()]
    assert rows == sorted(set(rows))
    assert (spans["x1"] >= spans["x0"]).all()
    assert np.sum(spans["x1"] - spans["x0"] + 1) == np.count_nonzero(labels)
    framed = np.pad(labels, 1)
    for identifier, y, x0, x1 in spans.iterrows():
        j, i0, i1 = y - xy0[1] + 1, x0 - xy0[0] + 1, x1 - xy0[0] + 1
        assert (framed[j, i0 : i1 + 1] == identifier).all()
        assert framed[j, i0 - 1] != identifier
        assert framed[j, i1 + 1] != identifier


@given(LABELS, ORIGINS)
def test_pixel_lists_hold_every_pixel_once(labels, xy0):
    pixels = pixel_lists(labels_to_spans(labels, xy0), labels.shape, xy0)
    assert np.array_equal(pixels.identifiers, np.unique(labels[labels > 0]))
    assert len(set(pixels.flat.tolist())) == len(pixels.flat) == np.count_nonzero(labels)
    for k, identifier in enumerate(pixels.identifiers):
        own = pixels.flat[pixels.first[k] : pixels.first[k + 1]]
        assert np.array_equal(np.sort(own), np.flatnonzero(labels == identifier))
        assert (pixels.owner[pixels.first[k] : pixels.first[k + 1]] == k).all()


@given(LABELS, st.tuples(st.integers(-15, 15), st.integers(-15, 15)))
def test_spans_over_the_border_are_cut(labels, shift):
    spans = labels_to_spans(labels)
    big = np.zeros((labels.shape[0] + 60, labels.shape[1] + 60), np.int32)
    big[30 : 30 + labels.shape[0], 30 : 30 + labels.shape[1]] = labels
    window = big[30 + shift[1] :, 30 + shift[0] :][: labels.shape[0], : labels.shape[1]]
    assert np.array_equal(spans_to_labels(spans, labels.shape, shift), window)


def test_reduce_over_each_footprint():
    spans = spans_of([(5, 0, 0, 2), (2, 1, 1, 1), (5, 2, 3, 3)])
    pixels = pixel_lists(spans, (3, 4))
    values = np.arange(12.0)[pixels.flat]
    assert pixels.identifiers.tolist() == [2, 5]
    assert pixels.reduce(np.add, values).tolist() == [5.0, 0.0 + 1.0 + 2.0 + 11.0]
    assert pixels.reduce(np.maximum, values).tolist() == [5.0, 11.0]


def test_no_footprints():
    spans = labels_to_spans(np.zeros((4, 5), int))
    assert len(spans) == 0
    pixels = pixel_lists(spans, (4, 5))
    assert len(pixels.identifiers) == len(pixels.flat) == 0
    assert pixels.first.tolist() == [0]
    assert len(pixels.reduce(np.add, np.zeros(0))) == 0
    assert not spans_to_labels(spans, (4, 5)).any()


def test_a_footprint_outside_is_left_out():
    pixels = pixel_lists(spans_of([(1, 0, 50, 60), (2, 1, 0, 0), (3, -1, 0, 3)]), (4, 5))
    assert pixels.identifiers.tolist() == [2]


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.uint32])
def test_labels_of_any_integer_type(dtype):
    labels = np.array([[0, 3, 3], [3, 0, 0]], dtype)
    assert np.array_equal(spans_to_labels(labels_to_spans(labels), labels.shape), labels)


def test_real_spans_of_afw(shared_data):
    from astropy.io import fits

    with fits.open(shared_data / "real" / "lsst_deepCoadd_meas_HSC.fits", memmap=False) as hdus:
        data = hdus[4].data
        y, x0, x1 = (np.asarray(data[name], int) for name in ("y", "x0", "x1"))
    spans = spans_of(np.column_stack([np.ones_like(y), y, x0, x1]))
    xy0 = (x0.min(), y.min())
    shape = (np.ptp(y) + 1, x1.max() - x0.min() + 1)
    labels = spans_to_labels(spans, shape, xy0)
    covered = {(j, i) for j, a, b in zip(y, x0, x1, strict=True) for i in range(a, b + 1)}
    assert labels.sum() == len(covered)
    again = labels_to_spans(labels, xy0)
    assert np.array_equal(spans_to_labels(again, shape, xy0), labels)


@pytest.mark.parametrize("identifier", [2**31 - 1, 2**31, 4_242_424_242_424_242, -(2**40)])
def test_identifiers_of_any_length_stay_themselves(identifier):
    spans = spans_of([(identifier, 1, 0, 2), (3, 0, 1, 1)])
    labels = spans_to_labels(spans, (2, 4))
    assert labels.tolist() == [[0, 3, 0, 0], [identifier] * 3 + [0]]
    assert labels.dtype == (np.int32 if identifier == 2**31 - 1 else np.int64)


@given(LABELS, ORIGINS)
def test_labels_are_drawn_part_by_part(labels, xy0):
    spans = labels_to_spans(labels, xy0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("meas_blends.data.footprints._PIXELS_AT_ONCE", 2)
        assert np.array_equal(spans_to_labels(spans, labels.shape, xy0), labels)
