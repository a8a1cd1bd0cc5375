"""Patches of footprints."""

import dataclasses

import numpy as np
import pytest

from meas_blends.blends.network.patches import count_planes, cut_patches, lay_out
from meas_blends.data.psf import CellPsf
from meas_blends.detection.psf import gaussian_psf
from network_toys import BAD, label_image, only, scene, see, see_again
from toys import draw


@pytest.fixture(scope="module")
def detections():
    return see(scene())


def images(patches):
    """Image of every footprint, (n_planes, height, width) each, in the order of the rows."""
    found = {}
    for group in patches.layout.groups():
        found |= dict(zip(group.tolist(), patches.stack(group), strict=True))
    return [found[row] for row in sorted(found)]


def boxes(*sizes):
    """Footprints that are boxes of these heights and widths, side by side."""
    labels = np.zeros((max(h for h, _ in sizes) + 2, sum(w + 1 for _, w in sizes) + 2), int)
    left = 1
    for number, (height, width) in enumerate(sizes, 1):
        labels[1 : 1 + height, left : left + width] = number
        left += width + 1
    coadd = draw([], labels.shape)
    coadd.image[:] = np.random.default_rng(2).normal(5, 1, labels.shape)
    return see(coadd, labels)


def test_patches_hold_exactly_the_footprints_pixels(detections):
    labels = label_image(detections)
    filtered = detections.filtered
    usable = np.where(filtered.bad, 0, filtered.coadd.image)
    patches = cut_patches(detections)
    layout = patches.layout
    assert len(detections) == 5
    for row, planes in enumerate(images(patches)):
        y0, x0 = layout.y0[row], layout.x0[row]
        expected = np.zeros((2, 200, 200))
        mine = labels == detections.pixels.identifiers[row]
        ys, xs = np.nonzero(mine)
        expected[0, ys - y0, xs - x0] = 1
        expected[1, ys - y0, xs - x0] = np.arcsinh(usable[mine])
        height, width = planes.shape[1:]
        assert (height, width) == (layout.height[row], layout.width[row])
        assert not expected[:, height:].any() and not expected[:, :, width:].any()
        np.testing.assert_array_equal(planes[-1], expected[0, :height, :width])
        np.testing.assert_allclose(planes[0], expected[1, :height, :width], rtol=1e-6)
        assert not planes[:, planes[-1] == 0].any()


def test_what_the_planes_are(detections):
    planes = images(cut_patches(detections))[0]
    significance = np.sinh(planes[0].astype(float))
    root = np.sign(significance) * (np.sqrt(1 + np.abs(significance)) - 1)
    np.testing.assert_allclose(planes[2], root, atol=1e-4)
    np.testing.assert_allclose(planes[3], 4 * significance / significance.max(), atol=1e-4)
    row = detections.maxima.flat[0]
    brightest = np.arcsinh(detections.filtered.significance.ravel()[row])
    assert planes[1].max() == pytest.approx(brightest)
    assert len(planes) == count_planes() == 5


def test_the_shape_of_noise_is_not_blown_up():
    coadd = draw([])
    coadd.image[:] = 0.1
    detections = see(coadd, np.pad(np.ones((4, 4), int), ((10, 50), (10, 66))))
    planes = images(cut_patches(detections))[0]
    assert planes[3].max() == pytest.approx(4 * 0.1 / 3)


def test_the_width_of_the_psf(detections):
    psf = cut_patches(detections).conditions[:, 0]
    assert psf == pytest.approx(np.full(len(detections), np.log(1.8 / 1.6)), abs=0.01)


def test_conditions_beside_the_width(detections):
    """A Gaussian PSF has no wings; noise is what the matched filter took it to be."""
    filtered = dataclasses.replace(detections.filtered, correlation=1.2, confusion=1.7)
    seen = cut_patches(dataclasses.replace(detections, filtered=filtered)).conditions[:, 1:]
    expected = np.log([1.0 / 1.18, 1.2 / 1.44, 1.7 / 1.35])
    assert seen == pytest.approx(np.tile(expected, (len(detections), 1)), abs=0.01)


def test_each_footprint_is_told_the_psf_of_its_place(detections):
    filtered = detections.filtered
    images = np.stack([gaussian_psf(sigma, 21) for sigma in (1.2, 2.4)])[None]
    psf = CellPsf(images, filtered.coadd.xy0, (np.inf, filtered.coadd.shape[1] / 2))
    varying = dataclasses.replace(filtered, coadd=filtered.coadd.replace(psf=psf))
    seen = cut_patches(dataclasses.replace(detections, filtered=varying)).conditions[:, 0]
    pixels, width = detections.pixels, filtered.coadd.shape[1]
    column = pixels.flat % width
    middle = pixels.reduce(np.minimum, column) + pixels.reduce(np.maximum, column)
    right = middle > width
    assert right.any() and not right.all()
    assert np.exp(seen[right]) * 1.6 == pytest.approx(np.full(right.sum(), 2.4), rel=0.01)
    assert seen.min() == pytest.approx(np.log(1.2 / 1.6), abs=0.02)


def test_a_patch_knows_nothing_of_what_is_around(detections):
    everything = images(cut_patches(detections))
    for row, planes in enumerate(everything):
        alone = cut_patches(only(detections, row))
        np.testing.assert_array_equal(images(alone)[0], planes)


def test_groups_partition_the_footprints():
    sizes = [(3, 3), (20, 9), (2, 4), (9, 20), (12, 12), (4, 2), (30, 8)]
    detections = boxes(*sizes)
    layout = lay_out(detections)
    groups = list(layout.groups())
    assert sorted(np.concatenate(groups)) == list(range(len(sizes)))
    shapes = [{(layout.height[row], layout.width[row]) for row in group} for group in groups]
    assert shapes == [{(8, 8)}, {(16, 16)}, {(16, 24)}, {(24, 16)}, {(40, 16)}]
    area = layout.height * layout.width
    order = np.argsort(layout.start)
    np.testing.assert_array_equal(layout.start[order], np.cumsum(area[order]) - area[order])
    assert layout.n_pixels == area.sum()
    patches = cut_patches(detections)
    for (height, width), planes in zip(sizes, images(patches), strict=True):
        assert planes[-1].sum() == height * width


@pytest.mark.parametrize("extent", [1, 4, 5, 12, 28, 29, 44, 60, 92, 93, 188, 189])
def test_patches_fit_with_a_margin(extent):
    layout = lay_out(boxes((extent, 1)))
    side = int(layout.height[0])
    assert side >= extent + 4
    assert side % 8 == 0
    smaller = [s for s in (8, 16, 24, 32, 48, 64, 96, 192) if s < side]
    assert not smaller or smaller[-1] < extent + 4
    # The first row of the footprint is 1; as much margin below as above.
    below, above = 1 - layout.y0[0], layout.y0[0] + side - (1 + extent)
    assert below >= 2 and above >= 2 and abs(below - above) <= 1
    assert layout.width[0] == 8


def test_a_huge_footprint():
    patches = cut_patches(boxes((5, 250), (3, 3)))
    huge, small = images(patches)
    assert huge.shape == (5, 16, 288) and small.shape == (5, 8, 8)
    assert huge[-1].sum() == 5 * 250


def test_a_footprint_at_the_border_and_a_single_pixel():
    labels = np.zeros((12, 14), int)
    labels[0, 0], labels[8:, 10:] = 1, 2
    coadd = draw([(0, 0, 50), (13, 11, 50)], labels.shape)
    patches = cut_patches(see(coadd, labels))
    corner, other = images(patches)
    assert corner.shape == (5, 8, 8) and corner[-1].sum() == 1
    assert corner[0].max() == pytest.approx(np.arcsinh(50))
    assert patches.layout.x0[0] < 0 and patches.layout.y0[0] < 0
    assert other[-1].sum() == 16


def test_bad_pixels_are_dark(detections):
    labels = label_image(detections)
    row = np.searchsorted(detections.pixels.identifiers, labels[BAD])
    patches = cut_patches(detections)
    planes = images(patches)[row]
    y, x = BAD[0] - patches.layout.y0[row], BAD[1] - patches.layout.x0[row]
    assert planes[-1, y, x] == 1
    assert not planes[[0, 2, 3], y, x].any()
    assert np.isfinite(patches.planes).all()


def test_nothing_but_bad_pixels():
    coadd = draw([])
    coadd.image[20:26, 20:26] = np.nan
    coadd.variance[20:26, 20:26] = np.nan
    labels = np.zeros(coadd.shape, int)
    labels[21:25, 21:25] = 1
    planes = images(cut_patches(see(coadd, labels)))[0]
    assert not planes[[0, 2, 3]].any() and planes[-1].sum() == 16


def test_no_footprints():
    patches = cut_patches(see(draw([])))
    assert patches.planes.shape == (5, 0)
    assert list(patches.layout.groups()) == []


def test_depth_and_zero_point_drop_out(detections):
    coadd = scene()
    scaled = coadd.replace(image=coadd.image * 8, variance=coadd.variance * 64)
    again = see_again(see(scaled), label_image(detections))
    one, other = cut_patches(detections), cut_patches(again)
    np.testing.assert_allclose(one.planes, other.planes, atol=1e-5)
