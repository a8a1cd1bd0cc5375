"""Pixels of footprints and their peaks."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from meas_blends.morphology.owners import ORPHAN, SKY, pixel_owners


def test_footprints_with_one_two_and_no_peak():
    labels = np.zeros((5, 20), int)
    labels[1:4, 1:5], labels[1:4, 7:13], labels[1:4, 15:18] = 4, 7, 9
    owners = pixel_owners(labels, np.array([12, 2, 7]), np.array([2, 2, 2]), np.array([7, 4, 7]))
    assert (owners[labels == 0] == SKY).all()
    assert (owners[labels == 4] == 1).all()
    assert (owners[labels == 9] == ORPHAN).all()
    assert (owners[1:4, 7:10] == 2).all() and (owners[1:4, 10:13] == 0).all()


def test_no_footprint_and_no_peak():
    empty = np.zeros(0, int)
    labels = np.zeros((3, 4), int)
    assert (pixel_owners(labels, empty, empty, empty) == SKY).all()
    assert (pixel_owners(labels + 1, empty, empty, empty) == ORPHAN).all()
    assert (pixel_owners(labels, np.array([1]), np.array([1]), np.array([5])) == SKY).all()


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_owners_are_the_nearest_peaks_of_the_own_footprint(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 4, (12, 15)) * (rng.random((12, 15)) < 0.8)
    n = rng.integers(1, 8)
    x, y, footprint = rng.integers(0, 15, n), rng.integers(0, 12, n), rng.integers(1, 4, n)
    owners = pixel_owners(labels, x, y, footprint)
    for (j, i), owner in np.ndenumerate(owners):
        own = np.flatnonzero(footprint == labels[j, i])
        if labels[j, i] == 0:
            assert owner == SKY
        elif own.size == 0:
            assert owner == ORPHAN
        else:
            distance = np.hypot(x - i, y - j)
            assert owner in own
            assert distance[owner] == distance[own].min()
