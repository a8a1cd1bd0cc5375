"""How galaxies are observed: pixels, seeing, noise, and what else is in a stamp."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..data.coadd import NANOJANSKY_ZERO_POINT
from ..errors import BadInputError
from ..simulation.noise import neighbour_correlation, pixel_variance
from ..simulation.survey import Survey

__all__ = ["Conditions", "check_ranges"]


@dataclass(frozen=True)
class Conditions:
    """What images galaxies are seen in: low and high ends, drawn uniformly.

    Parameters
    ----------
    pixel_scale : `tuple` [`float`, `float`]
        [arcsec].
    psf_fwhm : `tuple` [`float`, `float`]
        Kolmogorov PSF before the pixel [arcsec].
    noise_correlation : `tuple` [`float`, `float`]
        Of the noise of pixels side by side, 0 to 0.5.
    white_share : `float`
        Share of images whose noise is white all the same.
    sky_electrons : `tuple` [`float`, `float`]
        Electrons of the sky in a pixel over their Poisson noise, from one
        short exposure to a deep coadd; log-uniform.
    sky_sigma : `float`
        Noise of the sky in a pixel [nJy]; NaN if galaxies are drawn by their
        S/N, which needs no such unit.
    psf_error : `float`
        Relative error of the PSF's width, as far as the network is told it.
    sky_error : `float`
        Scatter of the level of sky left in the image [sky noise].
    neighbour_share, border_share : `float`
        Share of stamps that show a second galaxy, and the image's border.
    """

    pixel_scale: tuple[float, float] = (0.165, 0.202)
    psf_fwhm: tuple[float, float] = (0.5, 1.1)
    noise_correlation: tuple[float, float] = (0.0, 0.5)
    white_share: float = 0.3
    sky_electrons: tuple[float, float] = (50.0, 1000.0)
    sky_sigma: float = float("nan")
    psf_error: float = 0.01
    sky_error: float = 0.02
    neighbour_share: float = 0.4
    border_share: float = 0.1

    def __post_init__(self) -> None:
        check_ranges(self, "pixel_scale", "psf_fwhm", "sky_electrons")
        low, high = self.noise_correlation
        if not 0 <= low <= high <= 0.5:
            raise BadInputError(
                f"noise_correlation: the range is {low} to {high}; give two numbers from 0 to 0.5,"
                " the lower first."
            )

    @classmethod
    def of_survey(
        cls,
        survey: Survey,
        psf_fwhm: tuple[float, float],
        noise_correlation: tuple[float, float] | None = None,
        psf_error: float = 0.0,
        sky_error: float = 0.0,
    ) -> Conditions:
        """Conditions of stamps with one galaxy each in a survey.

        Parameters
        ----------
        survey : `~meas_blends.simulation.survey.Survey`
            Gives the pixel scale and the noise.
        psf_fwhm : `tuple` [`float`, `float`]
            [arcsec].
        noise_correlation : `tuple` [`float`, `float`], optional
            That which the survey's resampling leaves, if not given.
        psf_error, sky_error : `float`, optional
            As `Conditions` has them.
        """
        variance = pixel_variance(survey)
        correlation = neighbour_correlation(survey.resampling)
        # A pixel's noise [photon] is sqrt(variance * sky level).
        zero_point = survey.photon_zero_point
        photons = np.sqrt(variance * survey.sky_level)
        electrons = float(np.sqrt(survey.sky_level / variance))
        return cls(
            pixel_scale=(survey.pixel_scale, survey.pixel_scale),
            psf_fwhm=psf_fwhm,
            noise_correlation=noise_correlation or (correlation, correlation),
            white_share=0.0,
            sky_electrons=(electrons, electrons),
            sky_sigma=float(photons * 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - zero_point))),
            psf_error=psf_error,
            sky_error=sky_error,
            neighbour_share=0.0,
            border_share=0.0,
        )

    def draw(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        """Draw the columns of a `GalaxySample` that concern the image."""
        correlation = rng.uniform(*self.noise_correlation, n)
        correlated = rng.uniform(0.0, 1.0, n) >= self.white_share
        return {
            "pixel_scale": rng.uniform(*self.pixel_scale, n),
            "psf_fwhm": rng.uniform(*self.psf_fwhm, n),
            "noise_correlation": correlation * correlated,
            "sky_electrons": np.exp(rng.uniform(*np.log(self.sky_electrons), n)),
        }


def check_ranges(owner: object, *names: str) -> None:
    """Check that fields are two positive numbers, the lower first.

    Raises
    ------
    BadInputError
        Naming the first that is not.
    """
    for name in names:
        low, high = getattr(owner, name)
        if not 0 < low <= high:
            raise BadInputError(
                f"{name}: the range is {low} to {high}; give two positive numbers, the lower first."
            )
