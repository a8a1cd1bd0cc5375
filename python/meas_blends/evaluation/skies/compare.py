"""A ground coadd against a space image of the same field, peak finder by peak finder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from astropy.table import Table, vstack

from ...data.coadd import Coadd
from ...data.space_ground_tables import GROUND_OBJECTS, SPACE_MATCHES
from ..places import one_to_one
from .finders import Finder, local_maxima
from .ground import ground_shapes, point_significance
from .matching import Matching
from .recognition import label_objects
from .seen import Seen
from .space import Alignment, SpaceObjects, align, find_space_objects

__all__ = ["FieldComparison", "compare_field"]

#: Space objects of this share of the least S/N may have peaks that count neither way.
_FAINT = 0.6


@dataclass(frozen=True)
class FieldComparison:
    """What a field's comparison gives.

    Parameters
    ----------
    ground, space : `~meas_blends.data.coadd.Coadd`
        As they were looked at.
    objects : `SpaceObjects`
        Those of the field, in pixels of the space image.
    places : `numpy.ndarray`, (n, 2)
        Theirs on the ground coadd, array pixels.
    flux : `numpy.ndarray`, (n,)
        Theirs in counts of the ground coadd.
    counts : `numpy.ndarray` of bool, (n,)
        Significant on the ground, and within a footprint.
    alignment : `~meas_blends.evaluation.skies.space.Alignment`
    seen : mapping of `str` to `~meas_blends.evaluation.skies.seen.Seen`
        Footprints and peaks of each finder.
    matches : `astropy.table.Table`
        `~meas_blends.data.space_ground_tables.SPACE_MATCHES`.
    labelled : `astropy.table.Table`
        `~meas_blends.data.space_ground_tables.GROUND_OBJECTS`.
    """

    ground: Coadd
    space: Coadd
    objects: SpaceObjects
    places: np.ndarray
    flux: np.ndarray
    counts: np.ndarray
    alignment: Alignment
    seen: Mapping[str, Seen]
    matches: Table
    labelled: Table


def compare_field(
    finders: Mapping[str, Finder],
    ground: Coadd,
    space: Coadd,
    name: str,
    how: Matching | None = None,
) -> FieldComparison:
    """Hold the peaks of a ground coadd against the objects of a space image.

    Parameters
    ----------
    finders : mapping of `str` to `~meas_blends.evaluation.skies.finders.Finder`
        Peak finders by name.
    ground : `~meas_blends.data.coadd.Coadd`
        Complete, its background subtracted.
    space : `~meas_blends.data.coadd.Coadd`
        May lack variance and PSF.
    name : `str`
        What to call the field.
    how : `Matching`, optional
        How they are compared.

    Returns
    -------
    comparison : `FieldComparison`

    Notes
    -----
    Fluxes of the space image are brought to counts of the ground coadd by the
    median, over footprints, of the light of the one over that of the other.
    Magnitudes are the space image's own where it has a zero point, else the
    ground's of these fluxes, else such that a point source at the least S/N
    that counts has ``how.faintest``.
    """
    how = how or Matching()
    space, objects = find_space_objects(space, how.threshold, how.min_area, how.contrast)
    seen = {label: Seen.of(finder, ground) for label, finder in finders.items()}
    first = Seen.of(local_maxima(), ground)
    bright = np.column_stack([first.found.x, first.found.y])
    level = first.filtered.smoothed[tuple(np.floor(bright[:, ::-1] + 0.5).astype(int).T)]
    bright = bright[np.argsort(-level)]
    way = align(ground, bright, space, objects, how.match, how.refine)
    places = np.column_stack(way(objects.x, objects.y))
    ny, nx = ground.shape
    column, row = (np.floor(axis + 0.5).astype(int) for axis in places.T)
    inside = (column >= 0) & (column < nx) & (row >= 0) & (row < ny)
    objects, places = objects.select(inside), places[inside]
    column, row = column[inside], row[inside]
    owner = first.labels[row, column]
    flux = objects.flux * _flux_factor(first, owner, objects, way, space)
    significance = flux * point_significance(first)[row, column]
    mag = _magnitudes(objects, flux, significance, ground, space, how)
    counts = (significance >= how.min_significance) & (owner > 0)
    covered = _covered(way, space, ground.shape)
    moments = way.moments(objects)
    matches, labelled = [SPACE_MATCHES.make()], [GROUND_OBJECTS.make()]
    for label, one in seen.items():
        matches.append(_match(label, one, places, owner, counts, significance, covered, name, how))
        labelled.append(_label(label, one, places, moments, mag, covered, name, how))
    return FieldComparison(
        ground,
        space,
        objects,
        places,
        flux,
        counts,
        way,
        seen,
        vstack(matches, metadata_conflicts="silent"),
        vstack(labelled, metadata_conflicts="silent"),
    )


def _match(
    label: str,
    seen: Seen,
    places: np.ndarray,
    owner: np.ndarray,
    counts: np.ndarray,
    significance: np.ndarray,
    covered: np.ndarray,
    name: str,
    how: Matching,
) -> Table:
    """Space objects and peaks of one finder, matched one to one in each footprint."""
    scale = seen.filtered.coadd.pixel_scale
    found = seen.found
    peaks = np.column_stack([found.x, found.y]).astype(float)
    parent = seen.pixels.identifiers[found.owner]
    column, row = (np.floor(axis + 0.5).astype(int) for axis in peaks.T)
    ny, nx = covered.shape
    known = covered[np.clip(row, 0, ny - 1), np.clip(column, 0, nx - 1)]
    peaks, parent = peaks[known], parent[known]
    true = np.flatnonzero(counts)
    radius = how.match_radius / scale
    first, by = one_to_one(places[true], owner[true], peaks, parent, radius)
    spare = np.setdiff1d(np.arange(len(peaks)), by)
    # A peak at an object just too faint to count is neither right nor wrong.
    faint = np.flatnonzero(~counts & (significance >= _FAINT * how.min_significance))
    _, excused = one_to_one(places[faint], owner[faint], peaks[spare], parent[spare], radius)
    false = np.delete(spare, excused)
    offset = np.hypot(*(places[true[first]] - peaks[by]).T) * scale
    missed = np.setdiff1d(np.arange(len(true)), first)
    empty = np.full(len(false), np.nan)
    kinds = [("matched", len(first)), ("missed", len(missed)), ("false", len(false))]
    blank = np.full(len(missed), np.nan)
    x0, y0 = seen.filtered.coadd.xy0
    return SPACE_MATCHES.make(
        {
            "field": name,
            "peakFinder": label,
            "footprintId": np.concatenate([owner[true[first]], owner[true[missed]], parent[false]]),
            "outcome": np.repeat([kind for kind, _ in kinds], [number for _, number in kinds]),
            "x": np.concatenate([places[true[first], 0], places[true[missed], 0], empty]) + x0,
            "y": np.concatenate([places[true[first], 1], places[true[missed], 1], empty]) + y0,
            "f_x": np.concatenate([peaks[by, 0], blank, peaks[false, 0]]) + x0,
            "f_y": np.concatenate([peaks[by, 1], blank, peaks[false, 1]]) + y0,
            "significance": np.concatenate(
                [significance[true[first]], significance[true[missed]], empty]
            ),
            "offset": np.concatenate([offset, blank, empty]),
        }
    )


def _label(
    label: str,
    seen: Seen,
    places: np.ndarray,
    moments: np.ndarray,
    mag: np.ndarray,
    covered: np.ndarray,
    name: str,
    how: Matching,
) -> Table:
    """Ground objects of one finder, labelled after SITCOMTN-128."""
    filtered, found = seen.filtered, seen.found
    coadd = filtered.coadd
    ny, nx = coadd.shape
    peaks = np.column_stack([found.x, found.y]).astype(float)
    parent = seen.pixels.identifiers[found.owner]
    column, row = (
        np.clip(np.floor(axis + 0.5).astype(int), 0, last - 1)
        for axis, last in zip(peaks.T, (nx, ny), strict=True)
    )
    shapes, flux = ground_shapes(seen, peaks, parent)
    labels, n_ground, n_space = label_objects(
        peaks,
        shapes,
        places,
        moments,
        mag,
        how.boost,
        how.faintest,
        how.difference,
        how.search / coadd.pixel_scale,
    )
    known = covered[row, column]
    with np.errstate(invalid="ignore", divide="ignore"):
        ground_mag = coadd.zero_point - 2.5 * np.log10(flux)
    return GROUND_OBJECTS.make(
        {
            "field": name,
            "peakFinder": label,
            "footprintId": parent,
            "f_x": peaks[:, 0] + coadd.xy0[0],
            "f_y": peaks[:, 1] + coadd.xy0[1],
            "mag": ground_mag,
            "significance": filtered.significance[row, column],
            "nGround": n_ground,
            "nSpace": n_space,
            "label": labels,
        }
    )[known]


def _flux_factor(
    seen: Seen, owner: np.ndarray, objects: SpaceObjects, way: Alignment, space: Coadd
) -> float:
    """Counts of the ground coadd for each of the space image."""
    image = seen.filtered.coadd.image.ravel()
    pixels = seen.pixels
    total = pixels.reduce(np.add, image[pixels.flat].astype(float))
    row = np.searchsorted(pixels.identifiers, owner)
    inside = owner > 0
    there = np.bincount(row[inside], objects.flux[inside], minlength=len(total))
    covered = _covered(way, space, seen.filtered.coadd.shape).ravel()
    whole = pixels.reduce(np.logical_and, covered[pixels.flat])
    usable = (there > 0) & (total > 0) & whole
    if not usable.any():
        usable = (there > 0) & (total > 0)
    return float(np.median(total[usable] / there[usable])) if usable.any() else 1.0


def _magnitudes(
    objects: SpaceObjects,
    flux: np.ndarray,
    significance: np.ndarray,
    ground: Coadd,
    space: Coadd,
    how: Matching,
) -> np.ndarray:
    """Magnitudes of space objects; see the notes of `compare_field`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if np.isfinite(space.zero_point):
            return space.zero_point - 2.5 * np.log10(objects.flux)
        if np.isfinite(ground.zero_point):
            return ground.zero_point - 2.5 * np.log10(flux)
        return how.faintest - 2.5 * np.log10(significance / how.min_significance)


def _covered(way: Alignment, space: Coadd, shape: tuple[int, int]) -> np.ndarray:
    """Ground pixels that good pixels of the space image lie on, `bool` (ny, nx)."""
    row, column = np.nonzero(~space.bad)
    step = max(1, len(row) // 4_000_000)
    x, y = way(column[::step], row[::step])
    i, j = (np.floor(axis + 0.5).astype(int) for axis in (x, y))
    inside = (i >= 0) & (i < shape[1]) & (j >= 0) & (j < shape[0])
    covered = np.zeros(shape, bool)
    covered[j[inside], i[inside]] = True
    return covered
