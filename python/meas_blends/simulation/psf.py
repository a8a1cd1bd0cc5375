"""The PSF of a simulated coadd: atmosphere, charge diffusion, pixels, resampling."""

from __future__ import annotations

import functools

import galsim
import numpy as np
from scipy.special import ndtri

from ..data.psf import normalise_psf
from .survey import Survey

__all__ = ["effective_psf", "psf_image", "psf_transform", "psf_wing", "seeing_profile"]

#: Quantiles that stand for the distribution of the exposures' FWHM.
_N_SEEING = 9

#: Points of the tabulated radial transform.
_N_TABLE = 8192


def seeing_profile(survey: Survey, fwhm: float) -> galsim.GSObject:
    """Profile of an exposure's PSF, pixels and charge diffusion aside.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        Says whether it is a Kolmogorov or a Moffat profile.
    fwhm : `float`
        Its full width at half maximum, in any unit.

    Returns
    -------
    profile : `galsim.GSObject`
        Unit flux.
    """
    if survey.psf_beta == 0:
        return galsim.Kolmogorov(fwhm=fwhm)
    return galsim.Moffat(beta=survey.psf_beta, fwhm=fwhm)


def effective_psf(
    survey: Survey,
    shear: tuple[float, float] = (0.0, 0.0),
    widths: tuple[float, ...] | None = None,
) -> galsim.GSObject:
    """Mean PSF of a coadd's point sources, pixels and resampling included.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The coadd.
    shear : `tuple` [`float`, `float`]
        Shear that makes the PSF elliptical, pixels aside.
    widths : `tuple` [`float`], optional
        FWHM of the exposures [arcsec]; those that the survey has in the mean
        if not given.

    Returns
    -------
    psf : `galsim.GSObject`
        Unit flux; to be drawn with ``method="no_pixel"``.

    Notes
    -----
    A shift by bilinear interpolation, averaged over random sub-pixel dithers,
    is a convolution with a triangle of one pixel's half-width along each
    axis, which is two pixels convolved.
    """
    seen = _round_part(survey, widths).shear(g1=shear[0], g2=shear[1])
    return galsim.Convolve([seen] + _n_pixels(survey) * [galsim.Pixel(survey.pixel_scale)])


def psf_image(
    survey: Survey,
    shear: tuple[float, float] = (0.0, 0.0),
    widths: tuple[float, ...] | None = None,
) -> np.ndarray:
    """PSF image of a coadd, as it comes attached to the coadd.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The coadd.
    shear : `tuple` [`float`, `float`]
        As in `effective_psf`.
    widths : `tuple` [`float`], optional
        As in `effective_psf`.

    Returns
    -------
    psf : `numpy.ndarray` of float32, (odd, odd)
        Unit sum, centred on the middle pixel; reaches out to 4 FWHM.
    """
    size = 2 * int(np.ceil(4.0 * survey.psf_fwhm / survey.pixel_scale)) + 1
    image = effective_psf(survey, shear, widths).drawImage(
        nx=size, ny=size, scale=survey.pixel_scale, method="no_pixel"
    )
    return normalise_psf(np.maximum(image.array, 0.0))


def psf_transform(survey: Survey, size: int, shear: tuple[float, float] = (0.0, 0.0)) -> np.ndarray:
    """Fourier transform of `effective_psf` on the grid of a real FFT.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The coadd.
    size : `int`
        Side of the stamp [pixel].
    shear : `tuple` [`float`, `float`]
        As in `effective_psf`.

    Returns
    -------
    transform : `numpy.ndarray` of float32, (size, size // 2 + 1)
        Real, unity at zero frequency.
    """
    frequency_x, frequency_y = np.fft.rfftfreq(size), np.fft.fftfreq(size)
    k, values = _round_transform(survey)
    k_radial = 2.0 * np.pi / survey.pixel_scale * _radius(frequency_x, frequency_y, shear)
    pixels_x = np.sinc(frequency_x) ** _n_pixels(survey)
    pixels_y = np.sinc(frequency_y) ** _n_pixels(survey)
    return (np.interp(k_radial, k, values) * pixels_x * pixels_y[:, None]).astype(np.float32)


def psf_wing(survey: Survey, distance: float) -> float:
    """Surface brightness of the PSF far from its centre.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The coadd.
    distance : `float`
        Distance from the centre [pixel].

    Returns
    -------
    brightness : `float`
        Share of the flux in a pixel: that of the seeing, beside which the
        rest of the PSF has no wings.
    """
    profile = seeing_profile(survey, survey.psf_fwhm)
    return profile.xValue(distance * survey.pixel_scale, 0.0) * survey.pixel_scale**2


def _radius(
    frequency_x: np.ndarray, frequency_y: np.ndarray, shear: tuple[float, float]
) -> np.ndarray:
    """Lengths of frequencies in the frame in which the PSF is round."""
    g1, g2 = shear
    x, y = frequency_x, frequency_y[:, None]
    stretched = np.hypot((1.0 + g1) * x + g2 * y, g2 * x + (1.0 - g1) * y)
    return stretched / np.sqrt(1.0 - g1**2 - g2**2)


def _n_pixels(survey: Survey) -> int:
    """How many times the PSF is convolved with a pixel."""
    return 3 if survey.resampling == "bilinear" else 1


def _round_part(survey: Survey, widths: tuple[float, ...] | None = None) -> galsim.GSObject:
    """Mean profile of the exposures, and charge diffusion."""
    if widths is None:
        quantiles = (np.arange(_N_SEEING) + 0.5) / _N_SEEING
        widths = np.unique(survey.psf_fwhm * (1.0 + survey.psf_scatter) ** ndtri(quantiles))
    atmosphere = galsim.Add([seeing_profile(survey, w) / len(widths) for w in widths])
    if survey.charge_diffusion == 0:
        return atmosphere
    sigma = survey.pixel_scale * np.sqrt(survey.charge_diffusion)
    return galsim.Convolve([atmosphere, galsim.Gaussian(sigma=sigma)])


@functools.lru_cache(maxsize=128)
def _round_transform(survey: Survey) -> tuple[np.ndarray, np.ndarray]:
    """Transform of the round part of the PSF against k [1 / arcsec]."""
    k_max = np.sqrt(2.0) * np.pi / survey.pixel_scale
    step = k_max / (_N_TABLE - 1)
    grid = galsim.ImageCD(2 * _N_TABLE - 1, 1, scale=step)
    grid.setCenter(0, 0)
    _round_part(survey).drawKImage(image=grid)
    return step * np.arange(_N_TABLE), grid.array[0, _N_TABLE - 1 :].real
