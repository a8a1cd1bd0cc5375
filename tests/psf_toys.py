"""PSFs and scenes with known answers, for the tests of reading and judging PSFs."""

import galsim
import numpy as np

from meas_blends.detection.psf import psf_fwhm

FWHM = 3.6


def profile(fwhm=FWHM, shear=0.0):
    """A PSF without the pixel, in image pixels."""
    return galsim.Moffat(beta=3.0, fwhm=fwhm).shear(g1=shear)


def effective(fwhm=FWHM, size=41, step=1.0, dx=0.0, dy=0.0, shear=0.0):
    """Image of a PSF with the image's pixel in it, sampled every ``step`` of them."""
    with_pixel = galsim.Convolve(profile(fwhm, shear), galsim.Pixel(1.0))
    image = with_pixel.drawImage(
        nx=size, ny=size, scale=step, method="no_pixel", offset=(dx, dy), dtype=float
    )
    return image.array / image.array.sum()


def subpixels(fwhm=FWHM, size=41, over=4, dx=0.0, dy=0.0):
    """Image of a PSF on subpixels, each with its own share of the light."""
    image = profile(fwhm).drawImage(
        nx=size, ny=size, scale=1.0 / over, method="auto", offset=(dx, dy), dtype=float
    )
    return image.array / image.array.sum()


def off_middle(image, sigma=FWHM / 2.355):
    """How far the matched centroid of a PSF image lies off its middle pixel."""
    ny, nx = image.shape
    y, x = np.indices(image.shape) - np.array([ny // 2, nx // 2])[:, None, None]
    weight = image * np.exp(-0.5 * (x**2 + y**2) / sigma**2)
    return 2 * np.hypot((weight * x).sum(), (weight * y).sum()) / weight.sum()


def matched_flux(image, star):
    """Flux of a noiseless star, of flux 1, by the filter of a PSF image, both centred."""
    reach = min(*image.shape, *star.shape) // 2

    def cut(a):
        y, x = a.shape[0] // 2, a.shape[1] // 2
        return a[y - reach : y + reach + 1, x - reach : x + reach + 1]

    return (cut(image) * cut(star)).sum() / (cut(image) ** 2).sum()


def assert_is_true(image, fwhm=FWHM, width=0.01, flux=0.01):
    """Check a PSF image against truth: sides, width, centre, and the fluxes that it gives."""
    star = effective(fwhm, 81)
    assert image.shape[0] % 2 == 1 and image.shape[1] % 2 == 1
    assert abs(image.sum() - 1.0) < 1e-5
    assert abs(psf_fwhm(image) / psf_fwhm(star) - 1.0) < width
    assert off_middle(image) < 0.02
    assert abs(matched_flux(image, star) - 1.0) < flux


def star_field(fwhm=FWHM, number=40, size=420, seed=3, noise=1.0, varying=None):
    """Image of stars of one profile, or of that which ``varying(x, y)`` gives as its FWHM."""
    rng = np.random.default_rng(seed)
    image = np.zeros((size, size))
    side = int(np.ceil(np.sqrt(number)))
    step = size / side
    for k in range(number):
        x = (k % side + 0.5) * step + rng.uniform(-3, 3)
        y = (k // side + 0.5) * step + rng.uniform(-3, 3)
        width = fwhm if varying is None else varying(x, y)
        i, j = round(x), round(y)
        stamp = effective(width, 41, dx=x - i, dy=y - j) * 10 ** rng.uniform(3.3, 4.3)
        rows, columns = np.arange(j - 20, j + 21), np.arange(i - 20, i + 21)
        inside = np.ix_((rows >= 0) & (rows < size), (columns >= 0) & (columns < size))
        box = np.ix_(rows[(rows >= 0) & (rows < size)], columns[(columns >= 0) & (columns < size)])
        image[box] += stamp[inside]
    return image + noise * rng.normal(size=image.shape)
