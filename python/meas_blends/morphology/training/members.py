"""Several networks where one is trained: each with its own seed and checkpoints."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .fit import FitSettings, Progress

__all__ = ["Member", "train_members"]


@dataclass(frozen=True)
class Member:
    """What `~meas_blends.morphology.training.fit.fit` is told of one network of an ensemble.

    Parameters
    ----------
    settings : `~meas_blends.morphology.training.fit.FitSettings`
    seed : sequence of `int`
    progress : callable
    """

    settings: FitSettings
    seed: Sequence[int]
    progress: Progress


def train_members(
    n: int, settings: FitSettings, seed: Sequence[int], progress: Progress
) -> Iterator[Member]:
    """Part a training into those of an ensemble's networks, one after the other.

    Parameters
    ----------
    n : `int`
        Networks. The first few are the same however many there are; the first
        is the one that is trained alone.
    settings : `~meas_blends.morphology.training.fit.FitSettings`
        Where there are several, each has a subfolder for its checkpoints.
    seed : sequence of `int`
        Of all; each has its own.
    progress : callable
        Is told of all galaxies, those of the other networks too.
    """
    seeds = [list(seed)]
    seeds += [[int(rng.integers(2**63))] for rng in np.random.default_rng(seed).spawn(n - 1)]
    for k, own in enumerate(seeds):
        part = settings
        if n > 1 and settings.folder is not None:
            part = dataclasses.replace(settings, folder=settings.folder / f"member_{k}")
        yield Member(part, own, _shifted(progress, k, n))


def _shifted(progress: Progress, before: int, n: int) -> Progress:
    """Progress of one network of ``n``, after those before it."""

    def report(done: int, total: int, loss: float) -> None:
        progress(before * total + done, n * total, loss)

    return report
