"""Outlines run along pixel borders, each once, and belong to one footprint."""

import numpy as np

from meas_blends.pictures.outlines import outline_segments


def lengths(segments):
    return np.abs(segments[:, 1] - segments[:, 0]).sum(axis=1)


def test_a_rectangle_has_four_sides():
    labels = np.zeros((6, 8), int)
    labels[1:4, 2:7] = 3
    segments, owner = outline_segments(labels, (100, 200))
    assert set(owner) == {3}
    assert sorted(lengths(segments)) == [3, 3, 5, 5]
    assert segments[..., 0].min() == 101.5
    assert segments[..., 0].max() == 106.5
    assert segments[..., 1].min() == 200.5
    assert segments[..., 1].max() == 203.5


def test_a_footprint_at_the_border_is_closed():
    segments, _ = outline_segments(np.ones((2, 3), int))
    assert sorted(lengths(segments)) == [2, 2, 3, 3]


def test_touching_footprints_share_a_border_that_belongs_to_the_larger_number():
    segments, owner = outline_segments(np.array([[1, 2]]))
    shared = np.all(segments[..., 0] == 0.5, axis=1)
    assert shared.sum() == 1
    assert owner[shared] == 2
    assert lengths(segments).sum() == 7


def test_a_hole_has_an_outline_of_its_own():
    labels = np.ones((3, 3), int)
    labels[1, 1] = 0
    segments, _ = outline_segments(labels)
    assert lengths(segments).sum() == 12 + 4


def test_no_footprint_no_outline():
    segments, owner = outline_segments(np.zeros((3, 3), int))
    assert segments.shape == (0, 2, 2)
    assert owner.shape == (0,)


def test_the_total_length_is_the_number_of_pixel_borders():
    labels = np.random.default_rng(2).integers(0, 4, (20, 30))
    segments, _ = outline_segments(labels)
    padded = np.pad(labels, 1)
    expected = np.sum(padded[1:] != padded[:-1]) + np.sum(padded[:, 1:] != padded[:, :-1])
    assert lengths(segments).sum() == expected
