"""The PSF of a simulated coadd: atmosphere, charge diffusion, pixels, resampling."""

from __future__ import annotations

import functools

import galsim
import numpy as np
from scipy.optimize import brentq
from scipy.special import j0, ndtri

from ..data.psf import normalise_psf
from .survey import Survey

__all__ = [
    "effective_psf",
    "psf_image",
    "psf_oversampling",
    "psf_transform",
    "psf_wing",
    "seeing_profile",
]

#: Quantiles that stand for the distribution of the exposures' FWHM.
_N_SEEING = 9

#: Points of the tabulated radial transform.
_N_TABLE = 8192

#: How far the image of a PSF reaches [FWHM]: an obscured telescope's rings hold 6% of the light
#: beyond 4 and 2% beyond 10.
_REACH, _REACH_OF_RINGS = 4.0, 10.0

#: A PSF whose transform is larger than this at the highest frequency that pixels
#: sample is drawn on finer ones.
_SAMPLED = 0.005

#: Steps of the search for the jitter of a telescope, and wave numbers of its profile.
_STEPS, _N_WAVES = 20, 512


def seeing_profile(survey: Survey, fwhm: float) -> galsim.GSObject:
    """Profile of an exposure's PSF, pixels and charge diffusion aside.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        Says whether it is a Kolmogorov or a Moffat profile, or that of a
        telescope in space.
    fwhm : `float`
        Its full width at half maximum, in any unit.

    Returns
    -------
    profile : `galsim.GSObject`
        Unit flux.
    """
    if survey.psf_beta > 0:
        return galsim.Moffat(beta=survey.psf_beta, fwhm=fwhm)
    if survey.psf_diffraction > 0:
        return _diffraction(survey.psf_diffraction, survey.psf_obscuration).dilate(fwhm)
    return galsim.Kolmogorov(fwhm=fwhm)


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
        Unit sum, centred on the middle pixel; reaches out to 4 FWHM, and with
        diffraction rings to 10.
    """
    reach = _REACH_OF_RINGS if _has_rings(survey) else _REACH
    size = 2 * int(np.ceil(reach * survey.psf_fwhm / survey.pixel_scale)) + 1
    image = effective_psf(survey, shear, widths).drawImage(
        nx=size, ny=size, scale=survey.pixel_scale, method="no_pixel"
    )
    return normalise_psf(np.maximum(image.array, 0.0))


def psf_oversampling(survey: Survey) -> int:
    """How many times finer pixels must be than the survey's, along each axis, to draw its PSF.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The coadd.

    Returns
    -------
    times : `int`
        1, or 2 for a PSF that the pixels undersample, as most do in space:
        frequencies beyond theirs are then folded back in, as pixels do.
    """
    k, values = _round_transform(survey)
    highest = np.interp(np.pi / survey.pixel_scale, k, np.abs(values))
    return 2 if highest * np.sinc(0.5) ** _n_pixels(survey) > _SAMPLED else 1


def psf_transform(
    survey: Survey, size: int, shear: tuple[float, float] = (0.0, 0.0), oversampling: int = 1
) -> np.ndarray:
    """Fourier transform of `effective_psf` on the grid of a real FFT.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The coadd.
    size : `int`
        Side of the stamp [pixel].
    shear : `tuple` [`float`, `float`]
        As in `effective_psf`.
    oversampling : `int`
        How many times finer than the survey's the pixels of the grid are; the
        PSF holds the survey's own pixels all the same.

    Returns
    -------
    transform : `numpy.ndarray` of float32, (n, n // 2 + 1), n = size * oversampling
        Real, unity at zero frequency.
    """
    spacing, size = 1.0 / oversampling, size * oversampling
    frequency_x, frequency_y = np.fft.rfftfreq(size, spacing), np.fft.fftfreq(size, spacing)
    k, values = _round_transform(survey, oversampling)
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
        rest of the PSF has no wings. Of a telescope's rings it is the mean.
    """
    if _has_rings(survey):
        # J_1(z)^2 is 1 / (pi z) in the mean, for the mirror and for its obscuration.
        ring = survey.psf_diffraction * survey.psf_fwhm / survey.pixel_scale
        return ring / (np.pi**3 * (1.0 - survey.psf_obscuration) * distance**3)
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


def _has_rings(survey: Survey) -> bool:
    """Whether the PSF is that of a telescope in space."""
    return survey.psf_beta == 0 and survey.psf_diffraction > 0


@functools.lru_cache(maxsize=16)
def _diffraction(ratio: float, obscuration: float) -> galsim.GSObject:
    """Airy pattern of this ``lambda / D``, with the jitter that makes its FWHM 1."""
    pattern = galsim.Airy(lam_over_diam=ratio, obscuration=obscuration)
    low, high = 0.0, 0.5
    for _ in range(_STEPS):
        jitter = 0.5 * (low + high)
        seen = galsim.Convolve(pattern, galsim.Gaussian(sigma=jitter))
        low, high = (jitter, high) if _fwhm(seen, ratio) < 1.0 else (low, jitter)
    return seen


def _fwhm(profile: galsim.GSObject, ratio: float) -> float:
    """Full width at half maximum of a round profile, from its transform.

    The profile is the integral of ``T(k) J_0(k r) k dk``; an Airy pattern has
    nothing beyond ``k = 2 pi / ratio``.
    """
    k = np.linspace(0.0, 2.0 * np.pi / ratio, _N_WAVES)
    transform = np.array([profile.kValue(wave, 0.0).real for wave in k]) * k
    peak = np.trapezoid(transform, k)
    return 2.0 * brentq(lambda r: np.trapezoid(transform * j0(k * r), k) - 0.5 * peak, 0.1, 2.0)


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
def _round_transform(survey: Survey, oversampling: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Transform of the round part of the PSF against k [1 / arcsec]."""
    k_max = np.sqrt(2.0) * np.pi * oversampling / survey.pixel_scale
    step = k_max / (_N_TABLE - 1)
    grid = galsim.ImageCD(2 * _N_TABLE - 1, 1, scale=step)
    grid.setCenter(0, 0)
    _round_part(survey).drawKImage(image=grid)
    return step * np.arange(_N_TABLE), grid.array[0, _N_TABLE - 1 :].real
