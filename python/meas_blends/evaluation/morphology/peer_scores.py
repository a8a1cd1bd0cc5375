"""What measuring costs, and how other codes do on the same galaxies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table

from ...data.galaxy_outcome_tables import GALAXY_COST
from ...data.galaxy_score_tables import GALAXY_PEERS
from .columns import Columns
from .outcomes import methods_of, of_method
from .residuals import agreement
from .values import STEMS, bins, medians, residuals, truth

__all__ = ["cost_table", "peer_table"]

#: Bins of S/N that some hundred galaxies fill.
_EDGES = {"signalToNoise": (0, 20, 50, 200, 1000, np.inf)}

#: Farther off than this, relative or in B/T, a value is plainly wrong.
_OUTLIER = 0.5


def cost_table(costs: Mapping[str, Sequence[Table]]) -> Table:
    """Time and memory of each method over all sets.

    Parameters
    ----------
    costs : mapping of `str` to sequence of `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_COST` of each set, by
        method.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_COST`, one row a
        method. Times are those of the quickest set: what else the machine
        does only adds to them.
    """
    columns = Columns(GALAXY_COST)
    for method, tables in costs.items():
        rows = [table[0] for table in tables]
        columns.add(
            method=method,
            model=str(rows[0]["model"]),
            stampSize=rows[0]["stampSize"],
            nGalaxies=sum(int(row["nGalaxies"]) for row in rows),
            seconds=min(float(row["seconds"]) for row in rows),
            elapsed=min(float(row["elapsed"]) for row in rows),
            peakMemory=max(float(row["peakMemory"]) for row in rows),
            device=str(rows[0]["device"]),
        )
    return columns.table()


def peer_table(outcomes: Table, measured: Table, costs: Table) -> Table:
    """Score all methods on the galaxies that the peers measured.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES` of all sets,
        with the column ``scene``.
    measured : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.PEER_MEASURED` of all sets.
    costs : `astropy.table.Table`
        `~meas_blends.data.galaxy_outcome_tables.GALAXY_COST`.

    Returns
    -------
    table : `astropy.table.Table`
        `~meas_blends.data.galaxy_score_tables.GALAXY_PEERS`; empty without
        peers. A target that a method never gives has no row.
    """
    columns = Columns(GALAXY_PEERS)
    if len(measured) == 0:
        return columns.table()
    seconds = dict(zip(costs["method"].tolist(), costs["seconds"].tolist(), strict=True))
    for peer in methods_of(measured):
        seconds[peer] = float(np.mean(of_method(measured, peer)["seconds"]))
    theirs = ~np.asarray(outcomes["posterior"])
    keys = np.stack([np.asarray(outcomes["scene"]), np.asarray(outcomes["galaxyId"])], axis=1)
    same = {tuple(key) for key in keys[theirs].tolist()}
    shared = outcomes[[tuple(key) in same for key in keys.tolist()]]
    for method in methods_of(shared):
        rows = of_method(shared, method)
        off = residuals(medians(rows), truth(rows))
        off[~np.asarray(rows["measured"])] = np.nan
        given = [i for i in range(len(STEMS)) if np.isfinite(off[:, i]).any()]
        for quantity, low, high, inside in bins(rows, _EDGES):
            for i in given:
                good = off[inside & np.isfinite(off[:, i]), i]
                number = int(inside.sum())
                columns.add(
                    method=method,
                    quantity=quantity,
                    low=low,
                    high=high,
                    target=STEMS[i],
                    nGalaxies=number,
                    failed=1 - len(good) / number,
                    **agreement(good),
                    outliers=float(np.mean(np.abs(good) > _OUTLIER)) if len(good) else np.nan,
                    seconds=seconds.get(method, np.nan),
                )
    return columns.table()
