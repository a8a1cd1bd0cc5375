"""What an option brings: its scores, and their change from another option on the same scenes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table

from ..data.score_tables import STUDIES
from ..errors import BadInputError
from .summary import score_finders

__all__ = ["score_study"]

#: Scores whose change is told.
_CHANGING = ("balancedAccuracy", "crossEntropy", "placeF1")


def score_study(
    study: str,
    varied: str,
    options: Mapping[str, tuple[Sequence[Table], Sequence[Table]]],
    n_bins: int = 10,
) -> Table:
    """Score the options of one study.

    Parameters
    ----------
    study, varied : `str`
        Its name, and a sentence on what differs between its options.
    options : mapping of `str` to pair of sequences of `astropy.table.Table`
        Of each option the `~meas_blends.data.outcome_tables.OUTCOMES` and
        `~meas_blends.data.outcome_tables.PLACES` of every scene, of one peak
        finder alone; the same scenes in the same order for all options.
    n_bins : `int`
        Bins of blend probability for the calibration error.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.score_tables.STUDIES`, one row an option. Changes
        are from the first option. Their errors come from the scatter of the
        scenes' own changes: how hard a scene is for every option cancels.

    Raises
    ------
    BadInputError
        If options were tried on different numbers of scenes, or one on no
        labelled footprint.
    """
    rows = []
    for option, (outcomes, places) in options.items():
        scores = score_finders(outcomes, places, n_bins)[0]
        whole = np.array([scores[name] for name in _CHANGING], float)
        scenes = np.array([_of_scene(*scene) for scene in zip(outcomes, places, strict=True)])
        if not rows:
            first, first_scenes = whole, scenes
        if len(scenes) != len(first_scenes):
            raise BadInputError(
                f"study '{study}': option '{option}' was tried on {len(scenes)} scenes, the first"
                f" one on {len(first_scenes)}; try all options on the same scenes."
            )
        change = whole - first if rows else np.full(len(whole), np.nan)
        errors = _errors(scenes - first_scenes) if rows else change
        rows.append(
            {
                "study": study,
                "varied": varied,
                "option": option,
                **{name: scores[name] for name in scores.colnames},
                **{f"{name}Change": value for name, value in zip(_CHANGING, change, strict=True)},
                **{f"{name}ChangeErr": e for name, e in zip(_CHANGING, errors, strict=True)},
            }
        )
    return STUDIES.make({name: [row[name] for row in rows] for name in rows[0]})


def _of_scene(outcomes: Table, places: Table) -> list[float]:
    """Scores of one scene that changes are told of; NaN without a labelled footprint."""
    if len(outcomes) == 0:
        return [np.nan] * len(_CHANGING)
    scores = score_finders([outcomes], [places])[0]
    return [float(scores[name]) for name in _CHANGING]


def _errors(changes: np.ndarray) -> np.ndarray:
    """Standard errors of mean changes, from their scatter over scenes, (n_scenes, n_scores)."""
    known = np.isfinite(changes)
    number = known.sum(axis=0)
    mean = np.where(known, changes, 0.0).sum(axis=0) / np.maximum(number, 1)
    square = np.where(known, (changes - mean) ** 2, 0.0).sum(axis=0)
    return np.where(number > 1, np.sqrt(square / np.maximum(number * (number - 1), 1)), np.nan)
