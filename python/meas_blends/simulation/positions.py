"""Where galaxies lie: at random, and in groups that cluster as galaxies do."""

from __future__ import annotations

import numpy as np

__all__ = ["clustered_positions"]

#: Members of a group have the surface density theta^-1, that of an isothermal
#: sphere. Pairs then have a correlation that flattens below an arcsecond, as
#: that of galaxies at all distances does.
_SLOPE = 1.0


def clustered_positions(
    number: int,
    shape: tuple[int, int],
    rng: np.random.Generator,
    clustered_fraction: float,
    group_size: float,
    group_radius: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw positions with the power-law clustering of galaxies.

    A Neyman-Scott process: some galaxies lie at random, the others in groups
    whose centres lie at random.

    Parameters
    ----------
    number : `int`
        How many galaxies.
    shape : `tuple` [`int`, `int`]
        ``(ny, nx)`` of the area; it closes on itself, so that its borders
        are as dense as its middle.
    rng : `numpy.random.Generator`
        Source of randomness.
    clustered_fraction : `float`
        Share of the galaxies that lie in groups.
    group_size : `float`
        Mean number of members of a group.
    group_radius : `float`
        Largest distance of a member from the group's centre [pixel].

    Returns
    -------
    x, y : `numpy.ndarray`, (number,)
        From -0.5 to the shape less 0.5, in random order.
    group : `numpy.ndarray` of int, (number,)
        Number of the group that each belongs to, from 0; -1 for none.
    """
    ny, nx = shape
    x, y = rng.uniform(0.0, nx, number), rng.uniform(0.0, ny, number)
    member = np.flatnonzero(rng.uniform(size=number) < clustered_fraction)
    n_groups = max(1, round(len(member) / group_size))
    group = np.full(number, -1)
    group[member] = rng.integers(0, n_groups, len(member))
    distance = group_radius * rng.uniform(size=len(member)) ** (1.0 / (2.0 - _SLOPE))
    angle = rng.uniform(0.0, 2.0 * np.pi, len(member))
    x[member] = (rng.uniform(0.0, nx, n_groups)[group[member]] + distance * np.cos(angle)) % nx
    y[member] = (rng.uniform(0.0, ny, n_groups)[group[member]] + distance * np.sin(angle)) % ny
    return x - 0.5, y - 0.5, group
