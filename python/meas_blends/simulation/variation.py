"""What differs from scene to scene, so that a model cannot learn one survey's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from ..errors import BadInputError

__all__ = ["SceneValues", "Variation"]

Choice = TypeVar("Choice")


@dataclass(frozen=True)
class SceneValues:
    """Values of one scene in one band; `None` leaves the configured one.

    Parameters
    ----------
    psf_fwhm : `float` or `None`
        FWHM of the PSF [arcsec].
    extra_depth : `float` or `None`
        Depth beyond the configured one [mag].
    size_scale, density_scale : `float` or `None`
        Factors on the configured sizes and numbers of galaxies.
    psf_beta : `float` or `None`
        Power of the wings of a Moffat PSF, 0 for a Kolmogorov one.
    resampling : `str` or `None`
        How exposures are brought onto the grid of the coadd.
    """

    psf_fwhm: float | None = None
    extra_depth: float | None = None
    size_scale: float | None = None
    density_scale: float | None = None
    psf_beta: float | None = None
    resampling: str | None = None


@dataclass(frozen=True)
class Variation:
    """Ranges and choices from which scenes draw their values evenly.

    `None` or no choice stand for no variation.

    Parameters
    ----------
    psf_fwhm : pair of `float` or `None`
        FWHM of the PSF [arcsec].
    extra_depth : pair of `float` or `None`
        Depth beyond the configured one [mag].
    size_scale, density_scale : pair of `float` or `None`
        Factors on the configured sizes and numbers of galaxies; even in their
        logarithm.
    psf_beta : sequence of `float`
        Powers of the wings of Moffat PSFs, 0 for a Kolmogorov one.
    resampling : sequence of `str`
        Ways to bring exposures onto the grid of the coadd.
    nominal : `float`
        Share of the scenes that stay as configured.

    Raises
    ------
    BadInputError
        If a range is not a pair of a lower and a higher number.
    """

    psf_fwhm: tuple[float, float] | None = None
    extra_depth: tuple[float, float] | None = None
    size_scale: tuple[float, float] | None = None
    density_scale: tuple[float, float] | None = None
    psf_beta: Sequence[float] = ()
    resampling: Sequence[str] = ()
    nominal: float = 0.0

    def __post_init__(self) -> None:
        for name in ("psf_fwhm", "extra_depth", "size_scale", "density_scale"):
            pair = getattr(self, name)
            if pair is None:
                continue
            least = -np.inf if name == "extra_depth" else 0.0
            if len(pair) != 2 or not least < pair[0] <= pair[1] < np.inf:
                raise BadInputError(
                    f"{name}_range: {list(pair)} is no range; give its lower and its upper end."
                )
        if not 0.0 <= self.nominal <= 1.0:
            raise BadInputError(
                f"nominal_fraction: {self.nominal} is no share; give a number from 0 to 1."
            )

    def draw(self, sky: np.random.Generator, view: np.random.Generator) -> SceneValues:
        """Draw the values of a scene.

        Parameters
        ----------
        sky : `numpy.random.Generator`
            In the same state for all bands of the scene: the galaxies' values,
            the shape of the PSF, the resampling, and whether the scene stays
            nominal.
        view : `numpy.random.Generator`
            Of one band: seeing and depth.

        Returns
        -------
        values : `SceneValues`
        """
        # Every number is drawn every time, so that one range leaves the others' draws alone.
        nominal, size, density, beta, resampling = sky.uniform(size=5)
        psf, depth = view.uniform(size=2)
        if nominal < self.nominal:
            return SceneValues()
        return SceneValues(
            psf_fwhm=_within(self.psf_fwhm, psf),
            extra_depth=_within(self.extra_depth, depth),
            size_scale=_within_log(self.size_scale, size),
            density_scale=_within_log(self.density_scale, density),
            psf_beta=_one_of(self.psf_beta, beta),
            resampling=_one_of(self.resampling, resampling),
        )


def _within(pair: tuple[float, float] | None, share: float) -> float | None:
    return None if pair is None else pair[0] + share * (pair[1] - pair[0])


def _one_of(choices: Sequence[Choice], share: float) -> Choice | None:
    return choices[int(share * len(choices))] if choices else None


def _within_log(pair: tuple[float, float] | None, share: float) -> float | None:
    return None if pair is None else pair[0] * (pair[1] / pair[0]) ** share
