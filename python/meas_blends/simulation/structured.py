"""Galaxies with structure, as they appear on the sky before any PSF."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Table

from .structure import draw_structure
from .structure_light import structure_light

__all__ = ["StructuredGalaxy", "structured_galaxies"]

#: A galaxy whose half-light radius is at least so many pixels is drawn on pixels, a
#: smaller one on halves of them.
_LARGE = 6.0

#: A galaxy with more of its light in the bulge is a spheroid.
_HALF = 0.5


@dataclass(frozen=True)
class StructuredGalaxy:
    """A galaxy with structure.

    Parameters
    ----------
    components : `dict` [`str`, `numpy.ndarray`]
        Its rows of `~meas_blends.simulation.parts.galaxy_parts`, a bulge before
        a disk.
    number : `int`
        That its structure is drawn from.
    """

    components: dict[str, np.ndarray]
    number: int

    @property
    def flux(self) -> float:
        """Photons in the coadd."""
        return float(self.components["flux"].sum())

    @property
    def centre(self) -> tuple[float, float]:
        """``(x, y)``, array pixels."""
        return float(self.components["x"][0]), float(self.components["y"][0])

    def light(self, size: int, times: int = 1) -> tuple[np.ndarray, int, int]:
        """Draw it.

        Parameters
        ----------
        size : `int`
            Side of the square around it [pixel].
        times : `int`
            How many times finer than pixels it is drawn at least.

        Returns
        -------
        light : `numpy.ndarray` of float64, (k size, k size)
            Shares of the light in pixels, or in parts of them: k is at least
            ``times``, and 2 of a small galaxy. The first part is centred where
            the pixel is.
        column, row : `int`
            Array pixel of the square's first.
        """
        x, y = self.centre
        column, row = (int(np.floor(of + 0.5)) - size // 2 for of in (x, y))
        of = self.components
        share = of["flux"] / self.flux
        spheroid = bool(of["bulge"][0] and share[0] > _HALF)
        # The main component has the structure, a second one shines within it.
        main = 0 if spheroid or len(share) == 1 else 1
        matrices = list(zip(of["xx"], of["xy"], of["yy"], strict=True))
        second = (0.0, 1.0, matrices[main])
        if len(share) > 1:
            other = 1 - main
            second = (float(share[other]), float(of["index"][other]), matrices[other])
        per_pixel = max(times, 1 if of["radius"].min() >= _LARGE else 2)
        light = structure_light(
            draw_structure(self.number, spheroid, float(of["ratio"][main])),
            matrices[main],
            second,
            (x - column, y - row),
            per_pixel * size,
            1.0 / per_pixel,
        )
        return light, column, row


def structured_galaxies(
    galaxies: Table, parts: dict[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], list[StructuredGalaxy]]:
    """Take the galaxies that have structure from among all.

    Parameters
    ----------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH`.
    parts : `dict` [`str`, `numpy.ndarray`]
        `~meas_blends.simulation.parts.galaxy_parts` of them.

    Returns
    -------
    plain : `dict` [`str`, `numpy.ndarray`]
        Parts of the galaxies that have none.
    structured : `list` [`StructuredGalaxy`]
        Those that have some.
    """
    number = np.asarray(galaxies["structure"])[parts["galaxy"]]
    plain = {name: values[number == 0] for name, values in parts.items()}
    rows = np.flatnonzero(number)
    rows = rows[np.argsort(parts["galaxy"][rows], kind="stable")]
    starts = np.flatnonzero(np.diff(parts["galaxy"][rows])) + 1
    structured = [
        StructuredGalaxy({name: values[of] for name, values in parts.items()}, int(number[of[0]]))
        for of in np.split(rows, starts)
        if len(of)
    ]
    return plain, structured
