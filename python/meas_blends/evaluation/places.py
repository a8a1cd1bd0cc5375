"""Peaks and the galaxies that they stand for: matched one to one in each footprint."""

from __future__ import annotations

import numpy as np
from astropy.table import Table
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from ..data.outcome_tables import PLACES

__all__ = ["match_places", "one_to_one", "place_scores", "pull_scatter"]


def match_places(
    galaxies: Table,
    owner: np.ndarray,
    peaks: Table,
    finder: str,
    radius: float,
    pixel_scale: float,
) -> Table:
    """Match the peaks of a finder to the true galaxies of the same footprints.

    Parameters
    ----------
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH` of those that count.
    owner : `numpy.ndarray` of int, (n_galaxies,)
        ``footprintId`` of each.
    peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS`. Those in footprints that own no
        galaxy are left out.
    finder : `str`
        Name of the peak finder.
    radius : `float`
        Farthest distance of a match [arcsec].
    pixel_scale : `float`
        Arcsec in a pixel.

    Returns
    -------
    places : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.PLACES`: matches, then galaxies
        without a peak, then peaks without a galaxy.
    """
    peaks = peaks[np.isin(np.asarray(peaks["footprintId"]), owner)]
    peak_owner = np.asarray(peaks["footprintId"], np.int64)
    found, by = one_to_one(
        _positions(galaxies["x"], galaxies["y"]),
        np.asarray(owner, np.int64),
        _positions(peaks["f_x"], peaks["f_y"]),
        peak_owner,
        radius / pixel_scale,
    )
    missed = np.setdiff1d(np.arange(len(galaxies)), found)
    false = np.setdiff1d(np.arange(len(peaks)), by)
    galaxy = np.concatenate([found, missed, np.full(len(false), -1)])
    peak = np.concatenate([by, np.full(len(missed), -1), false])

    def of_galaxy(values: np.ndarray, missing: float) -> np.ndarray:
        return _take(np.asarray(values), galaxy, missing)

    def of_peak(values: np.ndarray, missing: float) -> np.ndarray:
        return _take(np.asarray(values), peak, missing)

    x, y = of_galaxy(galaxies["x"], np.nan), of_galaxy(galaxies["y"], np.nan)
    f_x, f_y = of_peak(peaks["f_x"], np.nan), of_peak(peaks["f_y"], np.nan)
    footprint = of_galaxy(owner, 0)
    return PLACES.make(
        {
            "footprintId": np.where(galaxy >= 0, footprint, of_peak(peak_owner, 0)),
            "peakFinder": finder,
            "galaxyId": of_galaxy(galaxies["galaxyId"], 0),
            "peakId": of_peak(peaks["id"], 0),
            "mag": of_galaxy(galaxies["mag"], np.nan),
            "x": x,
            "y": y,
            "f_x": f_x,
            "f_y": f_y,
            **{name: of_peak(_errors(peaks, name), np.nan) for name in ("f_xErr", "f_yErr")},
            "offset": np.hypot(f_x - x, f_y - y) * pixel_scale,
        }
    )


def one_to_one(
    first: np.ndarray,
    first_owner: np.ndarray,
    second: np.ndarray,
    second_owner: np.ndarray,
    radius: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Match two sets of points of one owner: as many pairs as can be, and the closest ones.

    Parameters
    ----------
    first, second : `numpy.ndarray`, (n, 2) and (m, 2)
        Positions.
    first_owner, second_owner : `numpy.ndarray` of int, (n,) and (m,)
        Points match only within one owner.
    radius : `float`
        Farthest distance of a match.

    Returns
    -------
    first_index, second_index : `numpy.ndarray` of int, (k,)
        The k pairs, by rising ``first_index``. Among the matchings with the
        most pairs it has the least sum of squared distances.
    """
    i, j = _neighbours(first, second, radius)
    same = first_owner[i] == second_owner[j]
    i, j = i[same], j[same]
    if len(i) == 0:
        return i, j
    distance = np.sum((first[i] - second[j]) ** 2, axis=1)
    # Points that compete with one another make a group; most have no rival.
    n = len(first)
    graph = coo_array((np.ones(len(i)), (i, n + j)), shape=(n + len(second),) * 2)
    _, label = connected_components(graph, directed=False)
    group = label[i]
    members = np.bincount(group)[group]
    chosen = members == 1
    order = np.flatnonzero(~chosen)
    order = order[np.argsort(group[order], kind="stable")]
    for edges in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if len(edges):
            chosen[edges[_assign(i[edges], j[edges], distance[edges], radius)]] = True
    i, j = i[chosen], j[chosen]
    order = np.argsort(i)
    return i[order], j[order]


def place_scores(places: Table) -> tuple[float, float, float]:
    """Recall, precision and their harmonic mean of matched places.

    Parameters
    ----------
    places : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.PLACES` of one peak finder.

    Returns
    -------
    recall, precision, f1 : `float`
        NaN without galaxies or peaks.
    """
    galaxies = np.asarray(places["galaxyId"]) > 0
    peaks = np.asarray(places["peakId"]) > 0
    matched = float(np.sum(galaxies & peaks))
    if not (galaxies.any() and peaks.any()):
        return float("nan"), float("nan"), float("nan")
    n_galaxies, n_peaks = galaxies.sum(), peaks.sum()
    return matched / n_galaxies, matched / n_peaks, 2.0 * matched / (n_galaxies + n_peaks)


def pull_scatter(places: Table) -> float:
    """Robust scatter of the offsets of matched peaks over their stated errors.

    Parameters
    ----------
    places : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.PLACES` of one peak finder.

    Returns
    -------
    scatter : `float`
        1.4826 times the median absolute pull of both axes: 1 for honest
        normal errors, NaN without any.
    """
    pulls = np.concatenate(
        [
            (np.asarray(places[f"f_{axis}"]) - np.asarray(places[axis]))
            / np.asarray(places[f"f_{axis}Err"], float)
            for axis in "xy"
        ]
    )
    pulls = pulls[np.isfinite(pulls)]
    return float(1.4826 * np.median(np.abs(pulls))) if len(pulls) else float("nan")


def _positions(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.column_stack([np.asarray(x, float), np.asarray(y, float)])


def _take(values: np.ndarray, index: np.ndarray, missing: float) -> np.ndarray:
    """Values by index, with something else where the index is negative."""
    return np.append(values, [missing])[index]


def _errors(peaks: Table, name: str) -> np.ndarray:
    """A column of standard errors; peak tables of older runs have none."""
    return peaks[name] if name in peaks.colnames else np.full(len(peaks), np.nan)


def _neighbours(
    first: np.ndarray, second: np.ndarray, radius: float
) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of points within a distance."""
    if len(first) == 0 or len(second) == 0:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    pairs = cKDTree(first).sparse_distance_matrix(cKDTree(second), radius, output_type="coo_matrix")
    return pairs.row.astype(np.intp), pairs.col.astype(np.intp)


def _assign(i: np.ndarray, j: np.ndarray, distance: np.ndarray, radius: float) -> np.ndarray:
    """Which of the edges of one group make the best matching."""
    rows, row = np.unique(i, return_inverse=True)
    columns, column = np.unique(j, return_inverse=True)
    # Going without costs more than all the distances of a group together.
    forbidden = (1.0 + min(len(rows), len(columns))) * radius**2 + 1.0
    cost = np.full((len(rows), len(columns)), forbidden)
    cost[row, column] = distance
    best = np.zeros(cost.shape, bool)
    best[linear_sum_assignment(cost)] = True
    return np.flatnonzero(best[row, column])
