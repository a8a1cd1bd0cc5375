"""Labelled footprints for the training of the network."""

import dataclasses
import gc
import itertools

import numpy as np
import pytest

from meas_blends.blends.detections import LabelledDetections
from meas_blends.blends.network.examples import Examples
from meas_blends.blends.network.features import footprint_features
from meas_blends.blends.network.patches import cut_patches
from meas_blends.errors import BadInputError
from network_toys import label_image, see
from toys import draw

#: A bright galaxy with a faint companion on one side, another footprint, and an empty one.
SOURCES = [(20.3, 15.8, 80), (26.6, 18.1, 30), (60, 40.4, 50), (62, 12, 40)]


class Coins:
    """A generator that throws what it is told: flip along x, along y, transpose."""

    def __init__(self, *heads):
        self.heads = heads

    def random(self, size):
        assert size == len(self.heads)
        return np.where(self.heads, 0.0, 0.9)


@pytest.fixture(scope="module")
def scene():
    detections = see(draw(SOURCES, (60, 80)))
    assert len(detections) == 3
    x, y, _ = np.transpose(SOURCES)
    labels = label_image(detections)
    order = [2, 0, 1]  # not that of the footprints
    x, y = x[order], y[order]
    whose = labels[np.round(y).astype(int), np.round(x).astype(int)]
    return LabelledDetections(
        detections, x, y, np.searchsorted(detections.pixels.identifiers, whose)
    )


@pytest.fixture(scope="module")
def examples(scene):
    return Examples([scene])


def with_objects(examples, number, *heads):
    """Planes, targets and features of the footprint with so many objects."""
    for batch in examples.draw(np.arange(len(examples)), Coins(*heads)):
        for row in np.flatnonzero(batch.n_objects.numpy() == number):
            return batch.planes[row].numpy(), batch.target[row].numpy(), batch.features[row].numpy()
    raise AssertionError(f"no footprint of {number} objects")


def positions(target):
    """Centres of the objects of a target, from the first pixel of its patch, by column."""
    row, column = np.nonzero(target[..., 0])
    assert np.abs(target[row, column, 1:]).max() <= 1, "not in its own cell"
    x = 2 * column + 0.5 + target[row, column, 1]
    y = 2 * row + 0.5 + target[row, column, 2]
    return np.stack([x, y], axis=1)


def test_only_footprints_with_objects(examples, scene):
    assert len(examples) == 2
    kept = scene.n_objects > 0
    number, features = [], []
    for batch in examples.draw(np.arange(2), Coins(0, 0, 0)):
        number += batch.n_objects.tolist()
        features += batch.features.tolist()
    assert sorted(number) == [1, 2]
    expected = footprint_features(scene.detections)[kept]
    np.testing.assert_allclose(np.sort(features, axis=0), np.sort(expected, axis=0))


@pytest.mark.parametrize("heads", list(itertools.product([False, True], repeat=3)))
def test_targets_turn_with_the_images(examples, heads):
    planes, target, _ = with_objects(examples, 2, *heads)
    assert target.shape == (planes.shape[1] // 2, planes.shape[2] // 2, 3)
    found = positions(target)
    assert len(found) == 2
    significance = np.sinh(planes[0].astype(float))
    centres = found[np.argsort([-significance[round(y), round(x)] for x, y in found])]
    y, x = np.unravel_index(significance.argmax(), significance.shape)
    assert np.abs(centres[0] - [x, y]).max() <= 0.51
    # All the light lies where the two are: 80 of the first and 30 of the second.
    ys, xs = np.indices(significance.shape)
    light = [(significance * axis).sum() / significance.sum() for axis in (xs, ys)]
    np.testing.assert_allclose(light, (80 * centres[0] + 30 * centres[1]) / 110, atol=0.1)
    # The companion is to the right and above, before mirrors and transposition.
    dx, dy = centres[1] - centres[0]
    flip_x, flip_y, transpose = heads
    expected = np.array([-6.3 if flip_x else 6.3, -2.3 if flip_y else 2.3])
    np.testing.assert_allclose([dx, dy], expected[::-1] if transpose else expected, atol=1e-4)


def test_the_images_are_the_patches(examples, scene):
    patches = cut_patches(scene.detections)
    row = int(np.flatnonzero(scene.n_objects == 2)[0])
    group = next(group for group in patches.layout.groups() if row in group)
    expected = patches.stack(group)[list(group).index(row)]
    planes, target, _ = with_objects(examples, 2, False, False, False)
    np.testing.assert_allclose(planes, expected, rtol=1e-3, atol=1e-6)
    corner = np.array([patches.layout.x0[row], patches.layout.y0[row]])
    centres = positions(target) + corner
    np.testing.assert_allclose(centres, [SOURCES[0][:2], SOURCES[1][:2]], atol=1e-4)


def test_of_two_in_one_cell_the_first_counts():
    detections = see(draw([(20, 20, 60)]))
    nothing = see(draw([], (8, 8)))
    for x in ((20.4, 20.6), (20.6, 20.4)):
        # One of the two orders shares a cell whatever the patch's corner is.
        pair = [
            LabelledDetections(detections, np.array(x) + by, np.full(2, 20.0), np.zeros(2, int))
            for by in (0, 1)
        ]
        empty = LabelledDetections(nothing, np.zeros(0), np.zeros(0), np.zeros(0, int))
        both = Examples([pair[0], empty, pair[1]])
        (batch,) = both.draw(np.arange(2), Coins(0, 0, 0))
        cells = batch.target[..., 0].sum((1, 2)).tolist()
        assert sorted(cells) == [1, 2]
        shared = batch.target[cells.index(1)].numpy()
        x0 = cut_patches(detections).layout.x0[0]
        expected = x[0] + cells.index(1) - x0
        assert positions(shared)[0, 0] == pytest.approx(expected, abs=1e-4)


def test_any_rows_in_any_order(examples):
    (one,) = examples.draw(np.array([1]), Coins(0, 0, 0))
    several = [batch for batch in examples.draw(np.array([1, 0, 1]), Coins(0, 0, 0))]
    assert sum(len(batch.n_objects) for batch in several) == 3
    again = [
        planes
        for batch in several
        for planes, n in zip(batch.planes.numpy(), batch.n_objects, strict=True)
        if n == one.n_objects[0]
    ]
    assert len(again) == 2
    for planes in again:
        np.testing.assert_array_equal(planes, one.planes[0].numpy())


def test_scenes_are_looked_at_once(scene):
    class Once(list):
        seen = 0

        def __iter__(self):
            type(self).seen += len(self)
            return super().__iter__()

    scenes = Once([scene, scene])
    assert len(Examples(scenes)) == 4
    assert Once.seen == 2


def test_scenes_without_footprints():
    empty = LabelledDetections(see(draw([])), np.zeros(0), np.zeros(0), np.zeros(0, int))
    assert len(Examples([empty])) == 0


def test_no_file_is_left_open(scene):
    """A warning about one would be an error."""
    Examples([scene])
    with pytest.raises(BadInputError, match="r is missing"):
        Examples([in_two_bands(scene), scene])
    gc.collect()


def in_two_bands(scene):
    """The same image as another band."""
    detections = dataclasses.replace(scene.detections, others={"r": scene.detections.filtered})
    return dataclasses.replace(scene, detections=detections)


def test_other_bands_come_along(scene):
    examples = Examples([in_two_bands(scene)])
    assert examples.others == ("r",)
    (batch,) = examples.draw(np.arange(1), Coins(0, 0, 0))
    assert batch.planes.shape[1] == 8
    np.testing.assert_allclose(batch.planes[:, 4], batch.planes[:, 0], rtol=1e-3)
