"""MuyGPs posteriors: a Gaussian process that looks at nearest neighbours only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from MuyGPyS.gp import MuyGPS
from MuyGPyS.gp.deformation import Isotropy, l2
from MuyGPyS.gp.hyperparameter import FixedScale, Parameter
from MuyGPyS.gp.kernels import Matern
from MuyGPyS.gp.noise import HomoscedasticNoise

__all__ = ["Hyperparameters", "make_muygps", "slices"]

#: Footprints whose (k, k) matrices of distances and kernels are held in memory together.
_BATCH = 512


@dataclass(frozen=True)
class Hyperparameters:
    """Of the Gaussian process.

    Parameters
    ----------
    nu : `float`
        Smoothness of the Matern kernel; 0.5, 1.5 and 2.5 are fast.
    length_scale : `float`
        Of the kernel, in units of the features.
    noise : `float`
        tau^2, variance of the labels' noise, in units of the prior's.
    scale : `float`
        sigma^2, which multiplies the posterior variance.
    n_neighbours : `int`
        Training footprints that each prediction rests on.
    """

    nu: float
    length_scale: float
    noise: float
    scale: float
    n_neighbours: int

    def as_meta(self) -> dict[str, float]:
        """Plain numbers, for a package's meta data."""
        return {name: type(value)(value) for name, value in asdict(self).items()}


def make_muygps(nu: float, length_scale: float, noise: float) -> MuyGPS:
    """Build a MuyGPs model with a Matern kernel and unit scale; see `Hyperparameters`."""
    deformation = Isotropy(metric=l2, length_scale=Parameter(length_scale))
    return MuyGPS(
        kernel=Matern(smoothness=Parameter(nu), deformation=deformation),
        noise=HomoscedasticNoise(noise),
        scale=FixedScale(),
    )


def slices(number: int) -> Iterator[slice]:
    """Cut that many footprints into batches that fit the memory."""
    for start in range(0, number, _BATCH):
        yield slice(start, min(start + _BATCH, number))
