"""The scores of peak finders over scenes, each with its scatter between scenes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table

from ..data.outcome_tables import OUTCOMES, PLACES
from ..data.schema import TableSchema
from ..data.score_tables import COUNTS, EVALUATION, RELIABILITY
from ..errors import BadInputError
from .counts import MOST, count_confusion, macro_f1
from .places import place_scores, pull_scatter
from .scores import accuracies, calibration_error, cross_entropy, reliability

__all__ = [
    "count_table",
    "finders_of",
    "footprint_keys",
    "gather",
    "of_finder",
    "reliability_table",
    "score_finders",
]

#: Pairs with a larger sqrt(delta chi^2) can be told from one galaxy, pairs with
#: a smaller one than the second number hardly.
RESOLVABLE, LOST = 5.0, 3.0


def gather(tables: Sequence[Table], schema: TableSchema) -> Table:
    """Put the tables of all scenes below one another, with a column ``scene``.

    Parameters
    ----------
    tables : sequence of `astropy.table.Table`
        One a scene.
    schema : `~meas_blends.data.schema.TableSchema`
        Theirs.

    Returns
    -------
    table : `astropy.table.Table`
        The schema's columns and ``scene``, the number of the scene in the
        order given.
    """
    whole = schema.make(
        {
            column.name: np.concatenate([np.asarray(table[column.name]) for table in tables])
            if tables
            else ()
            for column in schema.all_columns
        }
    )
    whole["scene"] = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
    return whole


def finders_of(outcomes: Table) -> list[str]:
    """Names of the peak finders, in the order in which they come."""
    names, first = np.unique(np.asarray(outcomes["peakFinder"]), return_index=True)
    return [str(names[k]) for k in np.argsort(first)]


def of_finder(table: Table, finder: str) -> Table:
    """Rows of one peak finder."""
    return table[np.asarray(table["peakFinder"]) == finder]


def footprint_keys(table: Table) -> np.ndarray:
    """One number a footprint, over all scenes."""
    return np.asarray(table["scene"], np.int64) << 40 | np.asarray(table["footprintId"], np.int64)


def score_finders(outcomes: Sequence[Table], places: Sequence[Table], n_bins: int = 10) -> Table:
    """Score all peak finders.

    Parameters
    ----------
    outcomes, places : sequences of `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` and
        `~meas_blends.data.outcome_tables.PLACES` of each scene.
    n_bins : `int`
        Bins of blend probability for the calibration error.

    Returns
    -------
    evaluation : `astropy.table.Table`
        `~meas_blends.data.score_tables.EVALUATION`, one row a peak finder.
        Standard errors come from the scatter of a score between scenes, so
        they hold what footprints of one scene share; NaN for a single scene.

    Raises
    ------
    BadInputError
        If there is no labelled footprint.
    """
    every, placed = gather(outcomes, OUTCOMES), gather(places, PLACES)
    if len(every) == 0:
        raise BadInputError(
            "the scenes hold no labelled footprint; simulate larger or more scenes."
        )
    rows = []
    for finder in finders_of(every):
        theirs, their_places = of_finder(every, finder), of_finder(placed, finder)
        whole = _scores(theirs, their_places, n_bins)
        scenes = [
            _scores(theirs[theirs["scene"] == k], their_places[their_places["scene"] == k], n_bins)
            for k in np.unique(theirs["scene"])
        ]
        rows.append(
            {
                "peakFinder": finder,
                "model": str(theirs["model"][0]),
                "nScenes": len(scenes),
                "nFootprints": len(theirs),
                "nBlended": int(np.sum(theirs["nObjects"] > 1)),
                **whole,
                **{f"{name}Err": _error([scene[name] for scene in scenes]) for name in whole},
                **_unscattered(theirs, their_places),
            }
        )
    return EVALUATION.make({name: [row[name] for row in rows] for name in rows[0]})


def reliability_table(outcomes: Table, n_bins: int = 10) -> Table:
    """Compare stated and observed shares of blends.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` of all scenes.
    n_bins : `int`
        Bins of blend probability.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.score_tables.RELIABILITY`; peak finders without
        probabilities have no rows.
    """
    parts = []
    for finder in finders_of(outcomes):
        truth, probability = _stated(of_finder(outcomes, finder))
        if len(truth) == 0:
            continue
        bins = reliability(truth, probability, n_bins)
        parts.append(
            {
                "peakFinder": np.full(n_bins, finder),
                "probabilityLow": bins.edges[:-1],
                "probabilityHigh": bins.edges[1:],
                "nFootprints": bins.number,
                "meanProbability": bins.stated,
                "blendedFraction": bins.observed,
                "blendedFractionErr": bins.observed_error,
            }
        )
    return _joined(RELIABILITY, parts)


def count_table(outcomes: Table) -> Table:
    """Compare true and given numbers of objects.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES` of all scenes.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.score_tables.COUNTS`, by number of peaks and, where
        there are probabilities, by the most probable number.
    """
    true, given = (axis.ravel() + 1 for axis in np.indices((MOST, MOST)))
    parts = []
    for finder in finders_of(outcomes):
        theirs = of_finder(outcomes, finder)
        for rule, column in (("peaks", "nPeaks"), ("probability", "nProbable")):
            known = np.asarray(theirs[column]) > 0
            if not known.any():
                continue
            confusion = count_confusion(theirs["nObjects"][known], theirs[column][known])
            number = confusion.sum(axis=1, keepdims=True)
            parts.append(
                {
                    "peakFinder": np.full(MOST**2, finder),
                    "rule": np.full(MOST**2, rule),
                    "nObjects": true,
                    "nGiven": given,
                    "nFootprints": confusion.ravel(),
                    "fraction": (confusion / np.where(number > 0, number, np.nan)).ravel(),
                }
            )
    return _joined(COUNTS, parts)


def _joined(schema: TableSchema, parts: list[dict[str, np.ndarray]]) -> Table:
    """One table of the parts; an empty one of none."""
    if not parts:
        return schema.make()
    return schema.make({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _stated(outcomes: Table) -> tuple[np.ndarray, np.ndarray]:
    """Truth and blend probability where there is one."""
    probability = np.asarray(outcomes["blendProbability"], float)
    stated = np.isfinite(probability)
    return np.asarray(outcomes["nObjects"])[stated] > 1, probability[stated]


def _scores(outcomes: Table, places: Table, n_bins: int) -> dict[str, float]:
    """Scores of one peak finder that scatter between scenes."""
    truth = np.asarray(outcomes["nObjects"]) > 1
    unblended, blended = accuracies(truth, outcomes["called"])
    stated, probability = _stated(outcomes)
    given = np.asarray(outcomes["nProbable"]) > 0
    recall, precision, f1 = place_scores(places)
    in_blends = place_scores(
        places[np.isin(footprint_keys(places), footprint_keys(outcomes)[truth])]
    )
    nan = float("nan")
    return {
        "unblendedAccuracy": unblended,
        "blendedAccuracy": blended,
        "balancedAccuracy": 0.5 * (unblended + blended),
        "crossEntropy": cross_entropy(stated, probability) if len(stated) else nan,
        "calibrationError": calibration_error(reliability(stated, probability, n_bins))
        if len(stated)
        else nan,
        "countF1": macro_f1(count_confusion(outcomes["nObjects"], outcomes["nPeaks"])),
        "probableCountF1": macro_f1(
            count_confusion(outcomes["nObjects"][given], outcomes["nProbable"][given])
        ),
        "placeRecall": recall,
        "placePrecision": precision,
        "placeF1": f1,
        "blendPlaceRecall": in_blends[0],
        "blendPlacePrecision": in_blends[1],
        "blendPlaceF1": in_blends[2],
    }


def _unscattered(outcomes: Table, places: Table) -> dict[str, float]:
    """Scores of one peak finder over all scenes alone."""
    limit = np.asarray(outcomes["sqrtDeltaChi2"], float)
    known = np.isfinite(limit)
    resolvable = known & (limit > RESOLVABLE)
    number = int(resolvable.sum())
    found = float(np.mean(outcomes["called"][resolvable])) if number else float("nan")
    offset = np.asarray(places["offset"], float)
    matched = np.isfinite(offset)
    return {
        "placeRms": float(np.sqrt(np.mean(offset[matched] ** 2))) if matched.any() else np.nan,
        "placePull": pull_scatter(places),
        "nResolvable": number,
        "resolvableFound": found,
        "resolvableFoundErr": np.sqrt(found * (1.0 - found) / max(number, 1)),
        "lostFraction": float(np.mean(limit[known] < LOST)) if known.any() else np.nan,
        "unusualFraction": float(np.mean(outcomes["unusual"])),
    }


def _error(values: list[float]) -> float:
    """Standard error of a mean score, from its scatter between scenes."""
    known = np.asarray(values, float)
    known = known[np.isfinite(known)]
    return float(np.std(known, ddof=1) / np.sqrt(len(known))) if len(known) > 1 else float("nan")
