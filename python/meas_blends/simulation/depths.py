"""How deep and how sharp the images of a survey are, as surveys publish it."""

from __future__ import annotations

import galsim
import numpy as np

from ..detection.psf import psf_fwhm
from .noise import noise_power
from .psf import effective_psf
from .survey import Survey

__all__ = ["image_fwhm", "limiting_magnitude"]

#: Side of the grid that a source is drawn on [FWHM of the PSF], and its least [pixel].
_REACH, _SMALLEST = 20.0, 64

#: Pixels along each axis of a pixel that may lie on the edge of an aperture.
_PARTS = 5


def image_fwhm(survey: Survey) -> float:
    """FWHM of point sources in the images of a survey.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The survey, whose ``psf_fwhm`` lacks charge diffusion, pixels and
        resampling.

    Returns
    -------
    fwhm : `float`
        [arcsec].
    """
    return psf_fwhm(_source(survey)) * survey.pixel_scale


def limiting_magnitude(
    survey: Survey,
    significance: float = 5.0,
    aperture: float | None = None,
    half_light_radius: float = 0.0,
    corrected: bool = False,
) -> float:
    """Magnitude that sources have at a S/N in the sky noise of a survey's images.

    Unlike `~meas_blends.simulation.survey.Survey.depth`, which counts by the
    formula of SMTN-002, this counts the whole PSF, pixels and wings included.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The survey.
    significance : `float`
        The S/N.
    aperture : `float`, optional
        Diameter of the aperture in which the S/N is measured [arcsec]; if not
        given, it is that of a matched filter.
    half_light_radius : `float`
        Of a round exponential galaxy [arcsec]; 0 for a point source.
    corrected : `bool`
        Whether light beyond the aperture is added to the magnitude.

    Returns
    -------
    magnitude : `float`
        [AB mag].
    """
    noise = np.sqrt(survey.sky_level)
    if aperture is None:
        image = _source(survey, half_light_radius)
        power = np.abs(np.fft.rfft2(image)) ** 2 / noise_power(survey, len(image))
        # Of a real FFT, all columns but the first and the last stand for two.
        power[:, 1:-1] *= 2.0
        photons = significance * noise / np.sqrt(power.sum() / image.size)
    else:
        area = np.pi * (0.5 * aperture / survey.pixel_scale) ** 2
        photons = significance * noise * np.sqrt(area)
        if corrected:
            photons /= _share(_source(survey, half_light_radius), area)
    return float(survey.magnitude(photons))


def _source(survey: Survey, half_light_radius: float = 0.0) -> np.ndarray:
    """Image of unit flux of a point source or an exponential galaxy, its peak in the middle."""
    profile = effective_psf(survey)
    extent = survey.psf_fwhm + 3.0 * half_light_radius
    if half_light_radius > 0:
        disk = galsim.Exponential(half_light_radius=half_light_radius)
        profile = galsim.Convolve(profile, disk)
    size = max(2 * int(0.5 * _REACH * extent / survey.pixel_scale), _SMALLEST)
    # The pixel right of and above the middle, which a FFT of even sides has at size / 2.
    image = profile.drawImage(
        nx=size, ny=size, scale=survey.pixel_scale, method="no_pixel", offset=(0.5, 0.5)
    )
    return image.array.astype(float)


def _share(image: np.ndarray, area: float) -> float:
    """Share of the light of an image within a circle of an area [pixel] about its middle."""
    middle = len(image) // 2
    offset = (np.arange(len(image) * _PARTS) + 0.5) / _PARTS - 0.5 - middle
    square = offset**2 + offset[:, None] ** 2
    inside = (square < area / np.pi).reshape(len(image), _PARTS, len(image), _PARTS)
    return float((image * inside.mean(axis=(1, 3))).sum())
