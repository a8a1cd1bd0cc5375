"""Footprints to look at: where all finders are right, all wrong, or of two minds."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from .agreement import called_right
from .summary import finders_of, of_finder

__all__ = ["choose_examples"]


def choose_examples(
    outcomes: Table, number: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Choose footprints at random from three groups.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` with the column ``scene``.
    number : `int`
        How many of each group, at most; half of them truly blended if there
        are as many.
    rng : `numpy.random.Generator`
        Draws them.

    Returns
    -------
    examples : `dict` [`str`, `numpy.ndarray`]
        ``agree_right``, ``agree_wrong`` and ``disagree``: for each, an array
        (k, 2) of ``scene`` and ``footprintId``, unblended footprints first.
    """
    finders = finders_of(outcomes)
    right = np.array([called_right(of_finder(outcomes, finder)) for finder in finders])
    first = of_finder(outcomes, finders[0])
    where = np.column_stack([np.asarray(first["scene"]), np.asarray(first["footprintId"])])
    blended = np.asarray(first["nObjects"]) > 1
    groups = {
        "disagree": right.any(axis=0) & ~right.all(axis=0),
        "agree_wrong": ~right.any(axis=0),
        "agree_right": right.all(axis=0),
    }
    return {name: where[_draw(group, blended, number, rng)] for name, group in groups.items()}


def _draw(
    group: np.ndarray, blended: np.ndarray, number: int, rng: np.random.Generator
) -> np.ndarray:
    """Rows of a group, half of them blended as far as that goes."""
    single, several = np.flatnonzero(group & ~blended), np.flatnonzero(group & blended)
    n_several = min(len(several), max(number // 2, number - len(single)))
    n_single = min(len(single), number - n_several)
    return np.concatenate(
        [
            np.sort(rng.choice(single, n_single, replace=False)),
            np.sort(rng.choice(several, n_several, replace=False)),
        ]
    )
