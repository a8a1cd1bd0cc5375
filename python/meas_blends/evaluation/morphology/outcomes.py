"""What is true of each galaxy and what a method says of it, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table

from ...data.galaxy_outcome_tables import GALAXY_BOUNDS, GALAXY_MEASURED, GALAXY_OUTCOMES
from ...data.morphology_tables import MORPHOLOGY_TARGETS
from ...errors import BadInputError

__all__ = ["make_outcomes", "methods_of", "of_method", "peer_outcomes"]

_STEMS = tuple(stem for stem, _, _ in MORPHOLOGY_TARGETS)
_FAILED = GALAXY_MEASURED.flag("FAILED")


def make_outcomes(galaxies: Table, bounds: Table | None, measured: Table, method: str) -> Table:
    """Put the posteriors of one method beside the truth.

    Parameters
    ----------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.galaxy_tables.GALAXY_TRUTH`; only the three targets
        are needed, and ``galaxyId`` or the order of the rows.
    bounds : `astropy.table.Table`, optional
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_BOUNDS`, of some or of
        all galaxies.
    measured : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_MEASURED`.
    method : `str`
        What to call it.

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES`, one row a
        measured galaxy.

    Raises
    ------
    BadInputError
        If galaxies were measured that are not among ``galaxies``.
    """
    rows = _rows_of(galaxies, measured["galaxyId"], method)
    columns = _truth(galaxies, bounds, rows)
    given = [
        name
        for name in GALAXY_OUTCOMES.make().colnames
        if name not in columns and name in measured.colnames
    ]
    columns |= {name: np.asarray(measured[name]) for name in given}
    medians = np.stack([columns[f"{stem}_p50"] for stem in _STEMS], axis=1)
    failed = np.asarray(measured["flags"]) & _FAILED != 0
    columns["measured"] = np.isfinite(medians).all(axis=1) & ~failed
    return GALAXY_OUTCOMES.make({**columns, "method": method, "posterior": True})


def peer_outcomes(galaxies: Table, bounds: Table | None, measured: Table) -> Table:
    """Put the values of peers, which may give no posterior, beside the truth.

    Parameters
    ----------
    galaxies, bounds
        As for `make_outcomes`.
    measured : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.PEER_MEASURED`.

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` with medians
        alone.
    """
    rows = _rows_of(galaxies, measured["galaxyId"], "peers")
    columns = _truth(galaxies, bounds, rows)
    unknown = np.full(len(measured), np.nan)
    columns |= {name: unknown for name in GALAXY_OUTCOMES.make().colnames if name not in columns}
    values = {stem: np.asarray(measured[stem], float) for stem in _STEMS}
    columns |= {f"{stem}_p50": value for stem, value in values.items()}
    columns["measured"] = np.isfinite(values["flux"]) & (np.asarray(measured["flags"]) == 0)
    columns |= {"method": np.asarray(measured["method"]), "posterior": False}
    return GALAXY_OUTCOMES.make(columns)


def methods_of(outcomes: Table) -> list[str]:
    """Names of the methods, in the order in which they come."""
    names, first = np.unique(np.asarray(outcomes["method"]), return_index=True)
    return [str(names[k]) for k in np.argsort(first)]


def of_method(table: Table, method: str) -> Table:
    """Rows of one method."""
    return table[np.asarray(table["method"]) == method]


def _rows_of(galaxies: Table, identifiers: Sequence[int], what: str) -> np.ndarray:
    """Rows of galaxies by their number."""
    known = _identifiers(galaxies)
    order = np.argsort(known)
    identifiers = np.asarray(identifiers)
    place = np.minimum(np.searchsorted(known, identifiers, sorter=order), len(known) - 1)
    rows = order[place]
    if not np.array_equal(known[rows], identifiers):
        raise BadInputError(
            f"{what}: measured galaxies that are not in the set; measure the same set."
        )
    return rows


def _identifiers(galaxies: Table) -> np.ndarray:
    if "galaxyId" in galaxies.colnames:
        return np.asarray(galaxies["galaxyId"])
    return np.arange(len(galaxies))


def _truth(galaxies: Table, bounds: Table | None, rows: np.ndarray) -> dict[str, np.ndarray]:
    """What is known of the galaxies: truth, observation, bounds; NaN for what is not."""
    columns = {"galaxyId": _identifiers(galaxies)[rows]}
    for stem in _STEMS:
        columns[f"true_{stem}"] = np.asarray(galaxies[stem], float)[rows]
    for name in ("signalToNoise", "psf_fwhm"):
        there = name in galaxies.colnames
        columns[name] = np.asarray(galaxies[name])[rows] if there else np.full(len(rows), np.nan)
    share = columns["true_bulgeToTotal"]
    columns["component"] = np.select([share <= 0, share >= 1], ["disk", "bulge"], "double")
    names = [column.name for column in GALAXY_BOUNDS.columns[1:]]
    columns |= {name: np.full(len(rows), np.nan) for name in names}
    if bounds is not None and len(bounds):
        _, mine, theirs = np.intersect1d(
            columns["galaxyId"], np.asarray(bounds["galaxyId"]), return_indices=True
        )
        # A peer's table has a galaxy more than once.
        value_of = dict(zip(columns["galaxyId"][mine].tolist(), theirs.tolist(), strict=True))
        at = np.array([value_of.get(k, -1) for k in columns["galaxyId"].tolist()], int)
        for name in names:
            values = np.asarray(bounds[name], float)
            columns[name] = np.where(at >= 0, values[at], np.nan)
    return columns
