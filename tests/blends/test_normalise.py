"""Normalised cutouts do not depend on where a blend lies, how it is turned, how bright it is."""

import numpy as np
import pytest

from meas_blends.blends.normalise import normalise, orient


def pair(angle=0.0, shift=(0.0, 0.0), height=100.0, size=23):
    """An unequal pair of Gaussians, five pixels apart."""
    y, x = np.indices((size, size)) - size // 2
    image = np.zeros((size, size))
    for distance, share in ((-1.5, 1.0), (3.5, 0.5)):
        x0, y0 = shift[0] + distance * np.cos(angle), shift[1] + distance * np.sin(angle)
        image += share * height * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / 1.8**2)
    return image[None].astype(np.float32)


@pytest.mark.parametrize("angle", np.deg2rad([0, 20, 90, 135, 180, 250, 340]))
@pytest.mark.parametrize("shift", [(0, 0), (1.3, -0.6)])
def test_orientation_takes_out_place_and_angle(angle, shift):
    oriented = orient(pair(angle, shift))[0]
    # The interpolation itself smooths by up to some percent of the peak.
    np.testing.assert_allclose(oriented, orient(pair())[0], atol=6.0)


def test_longer_tail_to_the_right():
    oriented = orient(pair(np.pi))[0]
    columns = oriented.sum(axis=0)
    assert columns.argmax() < 11
    assert columns[14:].sum() > columns[:9].sum()


def test_mirror_images_are_alike():
    y, x = np.indices((23, 23)) - 11
    bent = (pair() + 30 * np.exp(-0.5 * ((x - 2) ** 2 + (y - 4) ** 2) / 1.8**2)).astype(np.float32)
    np.testing.assert_allclose(orient(bent[:, ::-1]), orient(bent), atol=1e-3)


def test_shape_does_not_depend_on_brightness_and_significance_does():
    faint, bright = normalise(pair(height=50))[0], normalise(pair(height=500))[0]
    np.testing.assert_allclose(faint[529:], bright[529:], rtol=1e-4, atol=1e-4)
    assert bright[:529].max() == pytest.approx(faint[:529].max() + np.log(10), rel=0.01)


@pytest.mark.parametrize(
    "images", [np.zeros((0, 23, 23)), np.zeros((2, 23, 23)), -np.ones((1, 23, 23))]
)
def test_nothing_to_see(images):
    vectors = normalise(images.astype(np.float32))
    assert vectors.shape == (len(images), 2 * 529)
    assert np.isfinite(vectors).all()


def test_each_cutout_on_its_own():
    images = np.concatenate([pair(0.3), pair(2.0, height=9), pair(1.0, (2, 2))])
    together = normalise(images)
    for k in range(3):
        np.testing.assert_allclose(normalise(images[k : k + 1])[0], together[k], atol=1e-4)
