"""A survey whose coadds look like a given one: its noise, depth and PSF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import galsim
import numpy as np

from ..data.coadd import Coadd
from ..detection.psf import psf_sigma, psf_widths, typical_width
from ..errors import BadInputError
from .conditions import CELL, Conditions
from .noise import neighbour_correlation, pixel_variance
from .psf import effective_psf
from .survey import RESAMPLINGS, Survey

__all__ = ["Likeness", "match_width", "measure_likeness"]

#: Steps of the search for the width of the PSF, and the narrowest [pixel].
_STEPS, _NARROWEST = 8, 0.5

#: Adaptive-moments sigma of a Kolmogorov profile over its FWHM, roughly.
_SIGMA_PER_FWHM = 0.44

#: Widths of a PSF that varies at which the seeing is looked for; between them it is interpolated.
_N_WIDTHS = 5


@dataclass(frozen=True)
class Likeness:
    """How to simulate scenes like a coadd.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        With the coadd's depth, calibration and width of the PSF.
    psf : `dict` [`str`, `numpy.ndarray`]
        How its PSF varies: ``fwhm``, ``shear1`` and ``shear2`` of
        `~meas_blends.simulation.conditions.Conditions`, each by rows and
        columns of cells.
    """

    survey: Survey
    psf: Mapping[str, np.ndarray]

    def conditions(self, shape: tuple[int, int]) -> Conditions:
        """Conditions of a scene of this shape: the coadd's PSFs over all of it."""
        return Conditions(shape, **self.psf)


def measure_likeness(coadd: Coadd, base: Survey) -> Likeness:
    """Measure a coadd's noise and PSF, and put them into a survey.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`
        Complete, with zero point and pixel scale, its background subtracted.
    base : `~meas_blends.simulation.survey.Survey`
        A survey like it: its sky brightness, throughput, exposure time and
        charge diffusion stand.

    Returns
    -------
    likeness : `Likeness`
        The noise of a pixel is the coadd's, and the resampling the one whose
        correlation of pixels is nearest to it; the PSF is a
        Kolmogorov profile of the same adaptive moments as the coadd's, in
        each of its cells where it varies.

    Raises
    ------
    BadInputError
        If zero point, pixel scale or a usable pixel is missing.
    """
    for value, what, option in (
        (coadd.zero_point, "zero point", "--zero-point"),
        (coadd.pixel_scale, "pixel scale", "--pixel-scale"),
    ):
        if not np.isfinite(value):
            raise BadInputError(
                f"{coadd.name}: has no {what}, without which no scene like it can be simulated;"
                f" give {option}."
            )
    bad = coadd.bad
    if bad.all():
        raise BadInputError(f"{coadd.name}: has not one usable pixel; leave it out.")
    variance = float(np.median(coadd.variance[~bad]))
    middle = len(coadd.noise_correlation) // 2
    beside = float(coadd.noise_correlation[middle, [middle - 1, middle + 1]].mean())
    resampling = min(RESAMPLINGS, key=lambda kind: abs(neighbour_correlation(kind) - beside))
    scale = coadd.pixel_scale / base.pixel_scale
    survey = base.replace(
        name=f"like {coadd.name}",
        pixel_scale=float(coadd.pixel_scale),
        sky_photons=base.sky_photons * scale**2,
        coadd_zero_point=float(coadd.zero_point),
        # It is a length on the sensor, in pixels of another size.
        charge_diffusion=base.charge_diffusion / scale**2,
        resampling=resampling,
    )
    photons = survey.sky_level * pixel_variance(survey)
    # Counts a photon go down, and photons up, with the number of exposures.
    exposures = survey.n_exposures * photons * survey.counts_per_photon**2 / variance
    survey = survey.replace(n_exposures=float(exposures))
    survey = match_width(survey, typical_width(coadd.psf))
    return Likeness(survey, _psf_cells(coadd, survey))


def _psf_cells(coadd: Coadd, survey: Survey) -> dict[str, np.ndarray]:
    """FWHM relative to a survey's, and shears, of the PSF over a coadd."""
    psf, (ny, nx) = coadd.psf, coadd.shape
    rows, columns = (1 if psf.is_constant else max(1, round(side / CELL)) for side in (ny, nx))
    y = coadd.xy0[1] - 0.5 + (np.arange(rows) + 0.5) * ny / rows
    x = coadd.xy0[0] - 0.5 + (np.arange(columns) + 0.5) * nx / columns
    kind = psf.kind_at(*(place.ravel() for place in np.meshgrid(x, y))).reshape(rows, columns)
    used, row = np.unique(kind, return_inverse=True)
    shear = np.array([_shear(psf.kinds[0][one]) for one in used])[row.reshape(kind.shape)]
    fwhm = np.ones(kind.shape)
    if not psf.is_constant:
        width = psf_widths(psf)[kind]
        some = np.linspace(width.min(), width.max(), _N_WIDTHS)
        seeing = [match_width(survey, sigma).psf_fwhm for sigma in some]
        fwhm = np.interp(width, some, seeing) / survey.psf_fwhm
    return {"fwhm": fwhm, "shear1": shear[..., 0], "shear2": shear[..., 1]}


def match_width(survey: Survey, sigma: float) -> Survey:
    """Give a survey the seeing that makes the PSF of its coadds as wide as wanted.

    Parameters
    ----------
    survey : `~meas_blends.simulation.survey.Survey`
        The survey.
    sigma : `float`
        Width by adaptive moments, pixels included [pixel].

    Returns
    -------
    survey : `~meas_blends.simulation.survey.Survey`
        With another ``psf_fwhm``; without charge diffusion where that alone
        is wider.
    """
    narrowest = _NARROWEST * survey.pixel_scale
    for diffusion in (survey.charge_diffusion, 0.0):
        found = survey.replace(charge_diffusion=diffusion)
        for _ in range(_STEPS):
            # What pixels and diffusion add stays the same, so widths differ in quadrature.
            lacking = (sigma**2 - _width(found, sigma) ** 2) / _SIGMA_PER_FWHM**2
            square = found.psf_fwhm**2 + lacking * survey.pixel_scale**2
            found = found.replace(psf_fwhm=float(np.sqrt(max(square, narrowest**2))))
        if found.psf_fwhm > narrowest:
            break
    return found


def _width(survey: Survey, near: float) -> float:
    """Width of the PSF of a survey's coadds [pixel], on a stamp made for a width near it."""
    size = 2 * int(np.ceil(6.0 * max(near, 2.0))) + 9
    image = effective_psf(survey).drawImage(
        nx=size, ny=size, scale=survey.pixel_scale, method="no_pixel"
    )
    return psf_sigma(image.array)


def _shear(psf: np.ndarray) -> tuple[float, float]:
    """Shear of a PSF image by adaptive moments; 0 if they do not converge."""
    image = galsim.Image(np.ascontiguousarray(psf, np.float64), scale=1.0)
    moments = galsim.hsm.FindAdaptiveMom(image, strict=False)
    if moments.moments_status != 0:
        return 0.0, 0.0
    return float(moments.observed_shape.g1), float(moments.observed_shape.g2)
