"""Labels of footprints, against counting by hand and by label image."""

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meas_blends.data.catalogs import FOOTPRINT_LABELS, SPANS
from meas_blends.data.footprints import footprint_of, labels_to_spans
from meas_blends.simulation.labels import label_footprints


def _truth(*rows: tuple[float, float, float]) -> Table:
    return Table(rows=list(rows) or None, names=("x", "y", "significance"), dtype=(float,) * 3)


@pytest.fixture
def spans() -> Table:
    """Three footprints in a frame of 12 x 10 at (100, -5); 7 is in two pieces."""
    labels = np.zeros((10, 12), np.int32)
    labels[1:4, 1:5] = 3
    labels[1:4, 6:9] = 7
    labels[8, 0] = 7
    labels[9, 11] = 9
    return labels_to_spans(labels, (100, -5))


def test_counts_and_flags(spans):
    truth = _truth(
        (101.0, -4.0, 9.0),
        (101.2, -3.9, 9.0),  # the same pixel as the one before
        (104.49, -2.51, 5.0),  # just inside in x and in y
        (106.0, -3.0, 6.0),
        (100.0, 3.0, 4.99),  # too faint
        (105.0, -3.0, 50.0),  # between the two
    )
    labels = label_footprints(spans, truth)
    np.testing.assert_array_equal(labels["footprintId"], [3, 7, 9])
    np.testing.assert_array_equal(labels["nObjects"], [3, 1, 0])
    np.testing.assert_array_equal(labels["blended"], [True, False, False])
    np.testing.assert_array_equal(labels["flags"], [0, 0, FOOTPRINT_LABELS.flag("EMPTY")])
    fainter = label_footprints(spans, truth, min_significance=4.0)
    np.testing.assert_array_equal(fainter["nObjects"], [3, 2, 0])


@pytest.mark.parametrize(
    ("x", "expected"), [(100.5, 3), (100.499, 0), (104.499, 3), (104.5, 0), (105.5, 7)]
)
def test_a_centre_belongs_to_the_pixel_that_holds_it(spans, x, expected):
    assert footprint_of(spans, [x], [-3.0])[0] == expected


def test_galaxies_outside_the_image_do_not_count(spans):
    truth = _truth((95.0, 4.0, 9.0), (113.0, -4.0, 9.0), (-1e6, 1e6, 9.0), (111.0, 5.0, 9.0))
    np.testing.assert_array_equal(label_footprints(spans, truth)["nObjects"], [0, 0, 0])


def test_no_galaxies(spans):
    assert np.all(label_footprints(spans, _truth())["nObjects"] == 0)


def test_no_footprints():
    labels = label_footprints(SPANS.make(), _truth((1.0, 1.0, 9.0)))
    assert len(labels) == 0
    assert labels.colnames == FOOTPRINT_LABELS.make().colnames


@settings(deadline=None, max_examples=50)
@given(
    arrays(np.int32, (7, 9), elements=st.integers(0, 4)),
    arrays(float, (20, 2), elements=st.floats(-2.0, 11.0)),
)
def test_agrees_with_the_label_image(labels, positions):
    x, y = positions.T
    found = footprint_of(labels_to_spans(labels, (0, 0)), x, y)
    i, j = np.floor(x + 0.5).astype(int), np.floor(y + 0.5).astype(int)
    inside = (i >= 0) & (i < 9) & (j >= 0) & (j < 7)
    expected = np.where(inside, labels[np.clip(j, 0, 6), np.clip(i, 0, 8)], 0)
    np.testing.assert_array_equal(found, expected)
