"""How well children match galaxies: one row a peak finder and kind of footprint."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from astropy.table import Table, vstack

from ..data.deblending_tables import DEBLENDING_SCORES

__all__ = ["KINDS", "score_children", "shared_galaxies"]

#: Kinds of footprints by name, and what they are.
KINDS = {
    "all": "all footprints",
    "unblended": "footprints with one significant galaxy",
    "blended": "footprints with several",
    "shared": "the galaxies of the latter that every peak finder has a child for",
}

_OUTLIER_FLUX, _OUTLIER_SHAPE = 0.5, 0.2


def score_children(scenes: Sequence[Table]) -> Table:
    """Score the children of each peak finder.

    Parameters
    ----------
    scenes : sequence of `astropy.table.Table`
        `~meas_blends.data.deblending_tables.CHILD_MATCHES` of each scene, all
        peak finders together.

    Returns
    -------
    scores : `astropy.table.Table`
        `~meas_blends.data.deblending_tables.DEBLENDING_SCORES`. Scores are of
        all scenes together; their errors are the scatter of the scenes' own
        over the root of their number, NaN for a single scene.
    """
    shared = [shared_galaxies(scene) for scene in scenes]
    finders = list(dict.fromkeys(f for scene in scenes for f in scene["peakFinder"].tolist()))
    rows = []
    for finder in finders:
        for kind in KINDS:
            parts = [_chosen(s, finder, kind, both) for s, both in zip(scenes, shared, strict=True)]
            parts = [part for part in parts if len(part)]
            if not parts:
                continue
            total = _scores(vstack(parts, metadata_conflicts="silent"))
            each = [_scores(part) for part in parts]
            errors = {}
            for name in total:
                values = np.array([one[name] for one in each], float)
                values = values[np.isfinite(values)]
                spread = np.std(values, ddof=1) if len(values) > 1 else np.nan
                errors[f"{name}Err"] = spread / np.sqrt(max(len(values), 1))
            numbers = {
                "nGalaxies": sum(int(np.sum(part["galaxyId"] > 0)) for part in parts),
                "nChildren": sum(int(np.sum(part["peakId"] > 0)) for part in parts),
            }
            rows.append({"peakFinder": finder, "kind": kind, **numbers, **total, **errors})
    names = [column.name for column in DEBLENDING_SCORES.columns]
    return DEBLENDING_SCORES.make({name: [row[name] for row in rows] for name in names})


def shared_galaxies(scene: Table) -> np.ndarray:
    """Identifiers of the galaxies that have a measured child by every peak finder."""
    finders = np.unique(np.asarray(scene["peakFinder"]))
    found = [
        np.asarray(scene["galaxyId"])[
            (np.asarray(scene["peakFinder"]) == finder)
            & (np.asarray(scene["galaxyId"]) > 0)
            & np.asarray(scene["measured"])
        ]
        for finder in finders
    ]
    shared = found[0] if found else np.zeros(0, np.int64)
    for other in found[1:]:
        shared = np.intersect1d(shared, other)
    return shared


def _chosen(scene: Table, finder: str, kind: str, shared: np.ndarray) -> Table:
    rows = np.asarray(scene["peakFinder"]) == finder
    blended = np.asarray(scene["blended"])
    if kind == "unblended":
        rows &= ~blended
    elif kind != "all":
        rows &= blended
    if kind == "shared":
        rows &= np.isin(np.asarray(scene["galaxyId"]), shared)
    return scene[rows]


def _scores(matches: Table) -> dict[str, float]:
    """Scores of some matches; NaN where there is nothing to score."""
    galaxy, child = (np.asarray(matches[name]) > 0 for name in ("galaxyId", "peakId"))
    good = galaxy & child & np.asarray(matches["measured"])
    columns = {name: np.asarray(matches[name], float)[good] for name in _COLUMNS}
    ratio, shared = (
        np.log(columns[name][columns[name] > 0] / columns["flux"][columns[name] > 0])
        for name in ("childFlux", "childSharedFlux")
    )
    off = columns["childFlux"] - columns["flux"]
    error = columns["childFluxErr"]
    colour = columns["childColour"] - columns["colour"]
    shape = np.concatenate([columns[f"childE{k}"] - columns[f"e{k}"] for k in "12"])
    # Of galaxies whose shape is known: those whose child has none are lost.
    known = np.isfinite(np.concatenate([columns["e1"], columns["e2"]]))
    return {
        "missed": _share(~child[galaxy]),
        "spurious": _share(~galaxy[child]),
        "position": _median(columns["offset"]),
        "fluxBias": _median(ratio),
        "fluxScatter": _scatter(ratio),
        "fluxOutliers": _share(np.abs(off) > _OUTLIER_FLUX * columns["flux"]),
        "sharedFluxBias": _median(shared),
        "sharedFluxScatter": _scatter(shared),
        "fluxPull": _scatter(off[error > 0] / error[error > 0]),
        "colourScatter": _scatter(colour[np.isfinite(colour)]),
        "ellipticityScatter": _scatter(shape[np.isfinite(shape)]),
        "ellipticityOutliers": _share(~(np.abs(shape[known]) <= _OUTLIER_SHAPE)),
    }


_COLUMNS = (
    "offset",
    "flux",
    "childFlux",
    "childFluxErr",
    "childSharedFlux",
    "colour",
    "childColour",
    "e1",
    "e2",
    "childE1",
    "childE2",
)


def _share(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _scatter(values: np.ndarray) -> float:
    """1.4826 times the median absolute deviation from the median."""
    return float(1.4826 * np.median(np.abs(values - np.median(values)))) if len(values) else np.nan
