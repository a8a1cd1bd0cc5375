"""Scatter over the Cramer-Rao bound, and the bias of galaxies with one component."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table

from ...data.galaxy_outcome_tables import GALAXY_BOUNDS
from ...data.galaxy_score_tables import GALAXY_BOUND_RATIOS, GALAXY_COMPONENTS
from .columns import Columns
from .coverage import inside
from .outcomes import methods_of, of_method
from .residuals import ROBUST_ERROR, robust_scatter
from .values import EDGES, STEMS, bins, medians, pulls, residuals, truth

__all__ = ["bound_table", "component_table"]

_SIGNAL = {"signalToNoise": EDGES["signalToNoise"]}
_BOUNDS = [column.name for column in GALAXY_BOUNDS.columns[1:]]

#: Farther off than this many bounds is an outlier.
_OUTLIER = 5.0


def bound_table(outcomes: Table, edges: Mapping[str, Sequence[float]] = _SIGNAL) -> Table:
    """Scatter of each method over the bound, for galaxies with a bulge and a disk.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of all sets;
        galaxies without a bound do not count.
    edges : mapping of `str` to sequence of `float`
        Bins of some columns.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_BOUND_RATIOS`. Radius
        and flux are compared in logarithms, as their bounds are.
    """
    columns = Columns(GALAXY_BOUND_RATIOS)
    use = np.asarray(outcomes["measured"]) & (np.asarray(outcomes["component"]) == "double")
    known = outcomes[use & np.isfinite(np.asarray(outcomes[_BOUNDS[0]], float))]
    for method in methods_of(known):
        theirs = of_method(known, method)
        true, found = truth(theirs), medians(theirs)
        bound = np.stack([np.asarray(theirs[name], float) for name in _BOUNDS], axis=1)
        off = found - true
        with np.errstate(invalid="ignore", divide="ignore"):
            off[:, 1:] = np.log(found[:, 1:] / true[:, 1:])
        ratio = off / bound
        for quantity, low, high, rows in bins(theirs, edges):
            for i, stem in enumerate(STEMS):
                finite = ratio[rows, i][np.isfinite(ratio[rows, i])]
                if len(finite) == 0:
                    continue
                robust, rms = robust_scatter(finite), float(np.sqrt(np.mean(finite**2)))
                columns.add(
                    method=method,
                    quantity=quantity,
                    low=low,
                    high=high,
                    target=stem,
                    nGalaxies=len(finite),
                    bound=float(np.median(bound[rows, i])),
                    robust=robust,
                    robustErr=ROBUST_ERROR * robust / np.sqrt(len(finite)),
                    rms=rms,
                    rmsErr=rms / np.sqrt(2 * len(finite)),
                    outliers=float(np.mean(np.abs(finite) > _OUTLIER)),
                )
    return columns.table()


def component_table(outcomes: Table, edges: Mapping[str, Sequence[float]] = _SIGNAL) -> Table:
    """Bias of pure disks, pure bulges and of galaxies with both, in widths of the posterior.

    Parameters
    ----------
    outcomes, edges
        As for `bound_table`.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_COMPONENTS`.
    """
    columns = Columns(GALAXY_COMPONENTS)
    known = outcomes[np.asarray(outcomes["posterior"]) & np.asarray(outcomes["measured"])]
    for method in methods_of(known):
        for component in ("disk", "bulge", "double"):
            theirs = of_method(known, method)
            theirs = theirs[np.asarray(theirs["component"]) == component]
            off = residuals(medians(theirs), truth(theirs))
            pull = pulls(theirs)
            held = inside(theirs, (2, 4))
            for quantity, low, high, rows in bins(theirs, edges):
                for i, stem in enumerate(STEMS):
                    part = pull[rows, i]
                    columns.add(
                        method=method,
                        component=component,
                        quantity=quantity,
                        low=low,
                        high=high,
                        target=stem,
                        nGalaxies=len(part),
                        pull=float(np.median(part)),
                        pullErr=1.2533 * robust_scatter(part) / np.sqrt(len(part)),
                        bias=float(np.median(off[rows, i])),
                        rms=float(np.sqrt(np.mean(off[rows, i] ** 2))),
                        covered=100 * float(held[rows, i].mean()),
                    )
    return columns.table()
