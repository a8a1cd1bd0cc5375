"""A user's own galaxies as something to learn from: shuffled, turned, some kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...data.galaxy_sets import GalaxySet
from ...errors import BadInputError
from ..set_stamps import SetStamps
from ..stamps import Stamps

__all__ = ["KnownGalaxies"]

#: Fewer than these cannot be split into some to learn from and some to check by.
_LEAST = 16

#: What stamps have of each galaxy.
_COLUMNS = (
    "images",
    "usable",
    "sigma",
    "psf",
    "psf_sigma",
    "noise_correlation",
    "dx",
    "dy",
    "flags",
    "masked_fraction",
)


@dataclass(frozen=True)
class KnownGalaxies:
    """Stamps of galaxies, in the form of one set, with their truth.

    Parameters
    ----------
    stamps : `tuple` [`~meas_blends.morphology.stamps.Stamps`, ...]
        Of each set.
    truth : `numpy.ndarray`, (n, 3)
        B/T, half-light radius [pixel] and flux [sky noise] of all.
    nanojansky : `numpy.ndarray`, (n,)
        Flux of the sky noise [nJy].
    """

    stamps: tuple[Stamps, ...]
    truth: np.ndarray
    nanojansky: np.ndarray

    @classmethod
    def of_sets(cls, sets: Sequence[GalaxySet], size: int) -> KnownGalaxies:
        """Take the galaxies of sets whose central pixels can be used.

        Parameters
        ----------
        sets : sequence of `~meas_blends.data.galaxy_sets.GalaxySet`
        size : `int`
            Side of the stamps [pixel].

        Raises
        ------
        BadInputError
            If there are too few, or their images are too small.
        """
        stamps, truth, unit = [], [], []
        for galaxies in sets:
            cut = SetStamps(galaxies, size).cut(slice(None))
            good = cut.usable[:, size // 2, size // 2]
            sigma = cut.sigma * galaxies.nanojansky_per_count
            physical = galaxies.truth() / np.stack(
                [np.ones(len(cut)), np.full(len(cut), galaxies.pixel_scale), sigma], axis=1
            )
            stamps.append(_select(cut, good))
            truth.append(physical[good])
            unit.append(sigma[good])
        known = cls(tuple(stamps), np.concatenate(truth), np.concatenate(unit))
        if len(known) < _LEAST:
            names = ", ".join(galaxies.name for galaxies in sets)
            raise BadInputError(
                f"{names}: {len(known)} galaxies with a usable centre; give at least {_LEAST}."
            )
        return known

    def __len__(self) -> int:
        return len(self.truth)

    def split(self, share: float, rng: np.random.Generator) -> tuple[KnownGalaxies, KnownGalaxies]:
        """Keep a share of the galaxies apart, at least one."""
        order = rng.permutation(len(self))
        n_apart = min(max(round(share * len(self)), 1), len(self) - 1)
        return self.select(np.sort(order[n_apart:])), self.select(np.sort(order[:n_apart]))

    def select(self, rows: np.ndarray) -> KnownGalaxies:
        """Return some of the galaxies, in ascending order."""
        edges = np.cumsum([0, *(len(part) for part in self.stamps)])
        parts = [
            _select(part, rows[(rows >= low) & (rows < high)] - low)
            for part, low, high in zip(self.stamps, edges[:-1], edges[1:], strict=True)
        ]
        return KnownGalaxies(
            tuple(part for part in parts if len(part)), self.truth[rows], self.nanojansky[rows]
        )

    def batch(self, seed: Sequence[int], step: int, n: int) -> KnownGalaxies:
        """Galaxies of a step, turned and mirrored at random.

        Each pass sees all galaxies in an order of its own.
        """
        first = step * n
        wanted = np.arange(first, first + n)
        rows = np.empty(n, int)
        for number in np.unique(wanted // len(self)):
            order = np.random.default_rng([*seed, 1, number]).permutation(len(self))
            here = wanted // len(self) == number
            rows[here] = order[wanted[here] % len(self)]
        chosen = self.select(np.sort(rows))
        return chosen.turned(np.random.default_rng([*seed, 2, step]))

    def turned(self, rng: np.random.Generator) -> KnownGalaxies:
        """Turn all galaxies by one of the eight symmetries of a pixel grid.

        Stamps of an even side lose a row and a column of their border.
        """
        quarter, mirrored = int(rng.integers(4)), bool(rng.integers(2))
        parts = [
            replace(
                part,
                images=_turn(part.images, quarter, mirrored),
                usable=_turn(part.usable, quarter, mirrored),
            )
            for part in self.stamps
        ]
        return replace(self, stamps=tuple(parts))

    def in_sets(self) -> Iterator[tuple[Stamps, np.ndarray]]:
        """Give stamps and rows of each set."""
        start = 0
        for part in self.stamps:
            yield part, np.arange(start, start + len(part))
            start += len(part)


def _turn(images: np.ndarray, quarter: int, mirrored: bool) -> np.ndarray:
    """Turn images about the pixel ``[size // 2, size // 2]``, (n, size, size)."""
    size = images.shape[-1]
    # Of an even side, the first row and column have no partner about that pixel.
    first = 1 - size % 2
    whole = np.zeros_like(images)
    inner = np.rot90(images[:, first:, first:], quarter, axes=(1, 2))
    whole[:, first:, first:] = inner[:, :, ::-1] if mirrored else inner
    return whole


def _select(stamps: Stamps, rows: np.ndarray) -> Stamps:
    """Some of the stamps, each with its own PSF."""
    columns = {name: getattr(stamps, name)[rows] for name in _COLUMNS}
    return replace(stamps, **columns)
