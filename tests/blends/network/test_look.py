"""The network's look at an image: each footprint for itself."""

import numpy as np
import pytest

from meas_blends.blends.network import look as looking
from meas_blends.blends.network.look import look
from meas_blends.blends.network.patches import CELL
from network_toys import SOURCES, label_image, only, random_network, scene, see, see_again
from toys import draw

CLOSE = {"rtol": 1e-3, "atol": 1e-4}


@pytest.fixture(scope="module")
def network():
    return random_network()


@pytest.fixture(scope="module")
def detections():
    return see(scene())


@pytest.fixture(scope="module")
def sight(network, detections):
    return look(network, detections)


def answers(sight):
    """Of each footprint: mask of the cells, what is said of them, embedding."""
    layout, found = sight.layout, []
    for row, start in enumerate(layout.start // CELL**2):
        ny, nx = layout.height[row] // CELL, layout.width[row] // CELL
        part = slice(start, start + ny * nx)
        mask, place = sight.mask[part].reshape(ny, nx), sight.place[part].reshape(ny, nx, -1)
        found.append((mask, place, sight.embedding[row], sight.features[row]))
    return found


def assert_alike(one, other):
    for mine, theirs in zip(one, other, strict=True):
        np.testing.assert_allclose(mine, theirs, **CLOSE)


def test_embeddings_differ(sight):
    assert (np.ptp(sight.embedding, axis=0) > 1e-2).any()


def test_cells_with_pixels_of_the_footprint(sight, detections):
    labels = np.pad(label_image(detections), 100)
    for row, (mask, *_) in enumerate(answers(sight)):
        ny, nx = mask.shape
        y0, x0 = sight.layout.y0[row] + 100, sight.layout.x0[row] + 100
        mine = labels[y0 : y0 + 2 * ny, x0 : x0 + 2 * nx] == detections.pixels.identifiers[row]
        np.testing.assert_array_equal(mask, mine.reshape(ny, 2, nx, 2).any(axis=(1, 3)))


def test_neighbours_have_no_say(network, detections, sight):
    for row, expected in enumerate(answers(sight)):
        (alone,) = answers(look(network, only(detections, row)))
        assert_alike(alone, expected)


def test_the_others_in_the_image_have_no_say(network, detections, sight):
    labels = label_image(detections)
    rows = [1, 2, 4]
    kept = np.isin(labels, detections.pixels.identifiers[rows])
    fewer = look(network, see_again(detections, np.where(kept, labels, 0)))
    for row, answer in zip(rows, answers(fewer), strict=True):
        assert_alike(answer, answers(sight)[row])


@pytest.mark.parametrize("step", [(1, 0), (0, 1), (3, 5)])
def test_where_it_lies_makes_no_difference(network, step):
    """Whole pixels, odd ones too: cells belong to the patch, not to the image."""
    coadd = scene()
    sources = coadd.image[:, :85].copy()
    dy, dx = step
    found = []
    for y, x in ((12, 14), (12 + dy, 14 + dx)):
        image = np.zeros((110, 115), np.float32)
        image[y : y + sources.shape[0], x : x + sources.shape[1]] = sources
        wide = draw([], image.shape).replace(image=image)
        found.append(look(network, see(wide)))
    one, other = found
    np.testing.assert_array_equal(one.layout.x0 + dx, other.layout.x0)
    np.testing.assert_array_equal(one.layout.y0 + dy, other.layout.y0)
    for mine, theirs in zip(answers(one), answers(other), strict=True):
        assert_alike(mine, theirs)


def test_a_crop_makes_no_difference(network):
    shape = (84, 100)
    alone = SOURCES[0]
    coadd = draw([alone, *SOURCES[6:]], shape)
    coadd.image[:] += np.random.default_rng(1).normal(0, 0.5, shape)
    labels = np.zeros(shape, int)
    labels[12:29, 15:34] = 1
    part = {name: getattr(coadd, name)[:50, 2:60] for name in ("image", "variance", "mask")}
    crop = coadd.replace(**part)
    (whole,) = answers(look(network, see(coadd, labels)))
    (cropped,) = answers(look(network, see(crop, labels[:50, 2:60])))
    assert_alike(whole, cropped)


def test_batches_make_no_difference(network, detections, sight, monkeypatch):
    monkeypatch.setattr(looking, "_PIXELS", 1)
    for mine, theirs in zip(answers(look(network, detections)), answers(sight), strict=True):
        assert_alike(mine, theirs)


def test_odd_footprints(network):
    labels = np.zeros((60, 320), int)
    labels[0, 0] = 1
    labels[20:40, 5:305] = 2
    labels[50:, 310:] = 3
    coadd = draw([(0, 0, 50), (80, 30, 60), (250, 31, 60), (318, 58, 50)], labels.shape)
    coadd.image[52:56, 312:316] = np.nan
    sight = look(network, see(coadd, labels))
    assert np.isfinite(sight.place).all() and np.isfinite(sight.embedding).all()
    assert [mask.sum() for mask, *_ in answers(sight)] == [1, 10 * 150, 6 * 6]


def test_no_footprints(network):
    sight = look(network, see(draw([])))
    assert sight.embedding.shape == (0, 8)
    assert len(sight.mask) == len(sight.place) == 0
