"""Which galaxies are refined, and how."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from .priors import GalaxyPrior

__all__ = ["RefinementSettings"]


@dataclass(frozen=True)
class RefinementSettings:
    """Which galaxies are refined, and how.

    Parameters
    ----------
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`
    least_signal : `float`
        S/N in the aperture. Fainter galaxies have no more to tell than the
        start knows.
    most_lost : `float`
        Share of a galaxy's light that may lie on pixels that are not usable.
        Where it is more, so near a neighbour, there is light that a fit of
        one galaxy takes for its own; a network has learned what it does.
    steps : `int`
        At most, of one fit.
    batch_size : `int`
        Galaxies that are fitted side by side.
    reach : `float`
        One component alone is tried where B/T is 0 or 1 within so many
        standard deviations.
    missed : `float`
        Probability that the fits have missed the galaxy, and the start knows
        more of it: so much of its posterior is in the quantiles.
    sky_electrons : `float`
        Electrons of the sky in a pixel over their own Poisson noise, where
        they are not given: that of a coadd a few times deeper than one
        exposure of LSST.
    """

    prior: GalaxyPrior = dataclasses.field(default_factory=GalaxyPrior)
    least_signal: float = 10.0
    most_lost: float = 0.003
    steps: int = 80
    batch_size: int = 64
    reach: float = 4.0
    missed: float = 0.02
    sky_electrons: float = 250.0
