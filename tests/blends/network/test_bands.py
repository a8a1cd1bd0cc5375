"""Planes of other bands."""

import numpy as np
import pytest

from meas_blends.blends.network.bands import band_planes, n_band_planes
from meas_blends.data.psf import CellPsf
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError
from network_toys import label_image, see, see_again
from toys import SIGMA, draw

SOURCES = [(20, 20, 60), (26, 22, 40), (50, 30, 30)]


def gaussians(sources, sigma, shape=(50, 70)):
    """Coadd of sources of one flux whatever the PSF."""
    y, x = np.indices(shape)
    image = np.zeros(shape)
    for x0, y0, height in sources:
        profile = np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / sigma**2)
        image += height * profile * SIGMA**2 / sigma**2
    return draw([], shape, psf=gaussian_psf(sigma)).replace(image=image.astype(np.float32))


def look_at(i, **others):
    filtered = {band: matched_filter(coadd, noise="variance") for band, coadd in others.items()}
    return see(i, others=filtered)


def test_how_many_planes():
    assert [n_band_planes(bands) for bands in ("", "g", "gr")] == [0, 3, 5]
    i = draw(SOURCES)
    detections = look_at(i, g=i, r=i)
    for bands in ("", "g", "gr"):
        planes = band_planes(detections, bands)
        assert len(planes) == n_band_planes(bands)
        assert all(plane.shape == detections.pixels.flat.shape for plane in planes)


@pytest.mark.parametrize("sigma", [SIGMA, 2.4, 1.5])
def test_nothing_is_left_of_light_of_one_colour(sigma):
    red = [(x, y, 0.3 * height) for x, y, height in SOURCES]
    detections = look_at(gaussians(SOURCES, SIGMA), r=gaussians(red, sigma))
    significance, residual, _ = band_planes(detections, "r")
    assert np.sinh(significance).max() > 7
    assert np.abs(residual).max() < 0.05


def test_a_companion_of_another_colour_stays():
    other = [(20, 20, 60), (26, 22, 10), (50, 30, 30)]
    detections = look_at(draw(SOURCES), r=draw(other))
    _, residual, _ = band_planes(detections, "r")
    image = np.zeros(detections.filtered.bad.shape)
    image.ravel()[detections.pixels.flat] = np.sinh(residual)
    assert image[22, 26] < -10 < 2 < image[20, 20]
    # The third source has a footprint, and so a colour, of its own.
    assert np.abs(image[25:35, 45:55]).max() < 1e-3


def test_the_stack_weighs_by_inverse_variance():
    i = draw(SOURCES)
    deep = i.replace(variance=i.variance / 4)
    detections = look_at(i, g=i, r=deep)
    values = i.image.ravel()[detections.pixels.flat]
    significance, _, red, _, stack = band_planes(detections, "gr")
    np.testing.assert_allclose(significance, np.arcsinh(values), rtol=1e-5)
    np.testing.assert_allclose(red, np.arcsinh(2 * values), rtol=1e-5)
    np.testing.assert_allclose(stack, np.arcsinh(np.sqrt(6) * values), rtol=1e-5)


def test_zero_points_make_no_difference():
    i = draw(SOURCES)
    scaled = i.replace(image=i.image * 10, variance=i.variance * 100, zero_point=29.5)
    for one, other in zip(
        band_planes(look_at(i, r=i), "r"), band_planes(look_at(i, r=scaled), "r"), strict=True
    ):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_bands_without_a_zero_point():
    i = draw(SOURCES)
    planes = band_planes(look_at(i, r=i.replace(zero_point=np.nan)), "r")
    assert np.isfinite(planes).all()


@pytest.mark.parametrize("depth", [1e-2, 1, 1e2])
def test_a_pixel_that_is_bad_in_one_band(depth):
    """It says nothing, whatever the units are."""
    whole = draw(SOURCES)
    whole = whole.replace(image=whole.image * depth, variance=whole.variance * depth**2)
    holed = whole.replace(image=whole.image.copy())
    holed.image[20, 20] = np.nan
    there = 20 * 80 + 20
    light = np.arcsinh(whole.image[20, 20] / depth)
    for i, r in ((whole, holed), (holed, whole), (holed, holed)):
        detections = see_again(look_at(i, r=r), label_image(see(whole)))
        significance, residual, stack = band_planes(detections, "r")
        pixel = np.flatnonzero(detections.pixels.flat == there)
        assert residual[pixel] == 0
        assert np.abs(residual).max() < 1e-3
        assert significance[pixel] == pytest.approx(0 if r is holed else light, abs=1e-4)
        assert stack[pixel] == pytest.approx(0 if i is r else light, abs=1e-4)


def test_a_missing_band():
    i = draw(SOURCES)
    with pytest.raises(BadInputError, match=r"at bands g, r too, and g is missing; give coadds"):
        band_planes(look_at(i, r=i), ("g", "r"))


def test_no_footprints():
    empty = draw([])
    assert [plane.shape for plane in band_planes(look_at(empty, r=empty), "r")] == [(0,)] * 3


def test_where_psfs_vary_the_sharper_band_is_smoothed_by_place():
    """Cells whose PSFs are hardly different give what one PSF gives, nearly."""
    images = {}
    for band, sigma in (("i", 1.6), ("g", 2.1)):
        one = gaussian_psf(sigma, 21)
        other = gaussian_psf(sigma * (1 + 1e-5), 21)
        images[band] = gaussians(SOURCES, sigma)
        images[f"{band} in cells"] = images[band].replace(
            psf=CellPsf(np.stack([one, other, one, other]).reshape(2, 2, 21, 21), (0, 0), (23, 31))
        )
    for i, g in (("i", "g"), ("g", "i")):
        expected = band_planes(look_at(images[i], b=images[g]), ["b"])
        for first, second in ((" in cells", " in cells"), ("", " in cells"), (" in cells", "")):
            detections = look_at(images[i + first], b=images[g + second])
            for got, wanted in zip(band_planes(detections, ["b"]), expected, strict=True):
                assert got == pytest.approx(wanted, abs=2e-3)
