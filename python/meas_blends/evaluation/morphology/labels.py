"""How often the qualitative labels are right (Ghosh et al. 2022, Sec. 6.4)."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ...data.galaxy_score_tables import GALAXY_LABEL_RESIDUALS, GALAXY_LABELS
from .columns import Columns
from .outcomes import methods_of, of_method
from .residuals import agreement
from .values import medians, residuals, truth

__all__ = ["LABELS", "label_accuracy", "label_residual_table", "label_table"]

#: Labels of each kind, in order; the empty one keeps its number.
LABELS = {
    "label": ("highly disk-dominated", "", "highly bulge-dominated"),
    "radiusLabel": ("Re below the seeing", ""),
}


def label_table(
    outcomes: Table,
    bulge_dominated: float = 0.85,
    disk_dominated: float = 0.1,
    below_seeing: float = 1.0,
) -> Table:
    """Confusion of the labels of true and of measured values.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of all sets.
    bulge_dominated, disk_dominated, below_seeing : `float`
        Thresholds, as of `~meas_blends.tasks.measure_morphology.MeasureMorphologyConfig`.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_LABELS`.
    """
    columns = Columns(GALAXY_LABELS)
    known = outcomes[np.asarray(outcomes["posterior"]) & np.asarray(outcomes["measured"])]
    for method in methods_of(known):
        theirs = of_method(known, method)
        for kind, names in LABELS.items():
            true, given = (
                _labels(values, theirs, kind, bulge_dominated, disk_dominated, below_seeing)
                for values in (truth(theirs), medians(theirs))
            )
            for of_given in names:
                number = np.count_nonzero(given == of_given)
                for of_true in names:
                    both = np.count_nonzero((given == of_given) & (true == of_true))
                    columns.add(
                        method=method,
                        kind=kind,
                        trueLabel=of_true,
                        givenLabel=of_given,
                        nGalaxies=both,
                        fraction=both / number if number else np.nan,
                    )
    return columns.table()


def label_residual_table(
    outcomes: Table,
    bulge_dominated: float = 0.85,
    disk_dominated: float = 0.1,
    below_seeing: float = 1.0,
) -> Table:
    """Residuals of B/T and radius with and without the galaxies that get a label.

    Ghosh et al. (2022), Fig. 19.

    Parameters
    ----------
    outcomes, bulge_dominated, disk_dominated, below_seeing
        As for `label_table`.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_LABEL_RESIDUALS`.
    """
    columns = Columns(GALAXY_LABEL_RESIDUALS)
    known = outcomes[np.asarray(outcomes["posterior"]) & np.asarray(outcomes["measured"])]
    limits = (
        ("label", 0, "bulgeToTotal", disk_dominated, bulge_dominated),
        ("radiusLabel", 1, "halfLightRadius", below_seeing, np.inf),
    )
    for method in methods_of(known):
        theirs = of_method(known, method)
        found = medians(theirs)
        off = residuals(found, truth(theirs))
        for kind, i, target, low, high in limits:
            given = _labels(found, theirs, kind, bulge_dominated, disk_dominated, below_seeing)
            for galaxies, rows in (("all", ...), ("unlabelled", given == "")):
                values = off[rows, i]
                columns.add(
                    method=method,
                    target=target,
                    galaxies=galaxies,
                    low=low,
                    high=high,
                    nGalaxies=len(values),
                    **agreement(values),
                )
    return columns.table()


def label_accuracy(labels: Table, method: str, kind: str) -> tuple[int, float, float]:
    """How many galaxies one method labels, and how many of these labels are right.

    Parameters
    ----------
    labels : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_LABELS`.
    method, kind : `str`
        Which rows.

    Returns
    -------
    number : `int`
        Galaxies with a label.
    right : `float`
        Share of them whose true value has the same label.
    opposite : `float`
        Share of them whose true value has the opposite label.
    """
    rows = labels[
        (np.asarray(labels["method"]) == method)
        & (np.asarray(labels["kind"]) == kind)
        & (np.asarray(labels["givenLabel"]) != "")
    ]
    number = np.asarray(rows["nGalaxies"])
    total = int(number.sum())
    if total == 0:
        return 0, float("nan"), float("nan")
    same = np.asarray(rows["trueLabel"]) == np.asarray(rows["givenLabel"])
    none = np.asarray(rows["trueLabel"]) == ""
    return total, float(number[same].sum() / total), float(number[~same & ~none].sum() / total)


def _labels(
    values: np.ndarray, outcomes: Table, kind: str, bulge: float, disk: float, seeing: float
) -> np.ndarray:
    """Label of each galaxy from its values (n, 3)."""
    if kind == "label":
        low, none, high = LABELS[kind]
        return np.select([values[:, 0] >= bulge, values[:, 0] <= disk], [high, low], none)
    below, none = LABELS[kind]
    return np.where(values[:, 1] < seeing * np.asarray(outcomes["psf_fwhm"], float), below, none)
