"""Which peaks may be structure of a brighter galaxy."""

import numpy as np
import pytest

from meas_blends.blends.maxima import Candidates
from meas_blends.blends.structure import part_of

_SHAPE = (60, 60)


def _image(*sources, width=3.0):
    y, x = np.mgrid[: _SHAPE[0], : _SHAPE[1]]
    return sum(
        value * np.exp(-0.5 * ((x - at) ** 2 + (y - 30) ** 2) / width**2) for at, value in sources
    )


def _candidates(*columns, owner=None):
    flat = 30 * _SHAPE[1] + np.array(columns)
    owner = np.zeros(len(columns), int) if owner is None else np.array(owner)
    return Candidates(flat, owner, np.zeros(len(columns), int))


def test_unsure_peaks_in_the_light_of_a_brighter_one_may_be_part_of_it():
    image = _image((20, 10.0), (24, 3.0), (45, 4.0))
    candidates = _candidates(20, 45, 25)
    assert list(part_of(image, candidates, np.array([0.99, 0.7, 0.7]))) == [-1, -1, 0]
    # A valley or a sure object is none.
    assert list(part_of(image, candidates, np.array([0.99, 0.7, 0.95]))) == [-1, -1, -1]


def test_the_brightest_of_a_footprint_is_part_of_nothing():
    image = _image((20, 10.0), (24, 8.0))
    assert list(part_of(image, _candidates(20, 23), np.array([0.3, 0.3]))) == [-1, 0]


def test_the_nearest_brighter_one_is_named_of_the_same_footprint_only():
    image = _image((20, 10.0), (26, 9.0), width=6.0)
    sure = np.array([1.0, 1.0, 0.7])
    assert list(part_of(image, _candidates(20, 26, 28), sure)) == [-1, -1, 1]
    assert list(part_of(image, _candidates(20, 26, 28, owner=[0, 0, 1]), sure)) == [-1, -1, -1]


@pytest.mark.parametrize("probability", [np.nan, 1.0])
def test_finders_without_probabilities_know_no_parts(probability):
    image = _image((20, 10.0), (24, 8.0))
    assert list(part_of(image, _candidates(20, 23), probability)) == [-1, -1]


def test_no_peaks():
    assert len(part_of(_image((20, 1.0)), _candidates(), 1.0)) == 0
