"""Footprints and peaks as regions for DS9."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from astropy.table import Table

from .polygons import footprint_polygons

__all__ = ["regions_text"]

#: Colours that are told apart by every kind of colour vision.
_SINGLE, _BLEND, _UNKNOWN = "#3b9bff", "#ff9f43", "#9a9da3"
_PEAK = "#ffffff"

#: Turns parent pixels into the coordinates of the regions.
Transform = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def regions_text(
    system: str,
    transform: Transform,
    spans: Table,
    classification: Table | None = None,
    peaks: Table | None = None,
) -> str:
    """Write footprints and peaks as a DS9 region file.

    A footprint is a polygon, orange with the number of its peaks if it is
    called a blend, else blue; without a classification it is grey. Its holes
    are excluded polygons. A peak is a point, with its probability where there
    is one. Footprint and peaks have the tag ``footprint`` and its number, and
    are in the groups ``footprints`` and ``peaks``.

    Parameters
    ----------
    system : `str`
        DS9's name of the coordinates: ``image`` or ``icrs``.
    transform : callable
        Turns parent pixels ``x, y`` into them.
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`.
    classification : `astropy.table.Table`, optional
        `~meas_blends.data.catalogs.CLASSIFICATION`.
    peaks : `astropy.table.Table`, optional
        `~meas_blends.data.catalogs.PEAKS`.

    Returns
    -------
    text : `str`
        Regions without coordinates, such as those beyond the horizon of a
        projection, are left out.
    """
    lines = [
        "# Region file format: DS9 version 4.1",
        'global font="helvetica 9 normal roman" width=1 select=1 edit=0 move=0 delete=1 include=1',
        system,
        *_footprint_lines(transform, system, spans, classification),
        *(_peak_lines(transform, system, peaks) if peaks is not None else ()),
    ]
    return "\n".join(lines) + "\n"


def _footprint_lines(
    transform: Transform, system: str, spans: Table, classification: Table | None
) -> list[str]:
    """One polygon a line."""
    polygons = footprint_polygons(spans)
    points = _points(*transform(polygons.x, polygons.y), system)
    blended: dict[int, bool] = {}
    number: dict[int, int] = {}
    if classification is not None:
        names = np.asarray(classification["footprintId"]).tolist()
        blended = dict(zip(names, np.asarray(classification["blended"]).tolist(), strict=True))
        number = dict(zip(names, np.asarray(classification["nPeaks"]).tolist(), strict=True))
    lines, told = [], set()
    bounds = zip(polygons.first[:-1].tolist(), polygons.first[1:].tolist(), strict=True)
    rows = zip(bounds, polygons.owner.tolist(), polygons.hole.tolist(), strict=True)
    for (begin, end), owner, hole in rows:
        corners = points[begin:end]
        if None in corners:
            continue
        colour = _UNKNOWN
        if owner in blended:
            colour = _BLEND if blended[owner] else _SINGLE
        text = ""
        if blended.get(owner) and owner not in told:
            text = f" text={{{number[owner]}}}"
            told.add(owner)
        lines.append(
            f"{'-' if hole else ''}polygon({','.join(corners)}) # color={colour}{text}"
            f" tag={{footprints}} tag={{footprint {owner}}}"
        )
    return lines


def _peak_lines(transform: Transform, system: str, peaks: Table) -> list[str]:
    """One point a line."""
    x, y = transform(np.asarray(peaks["f_x"], float), np.asarray(peaks["f_y"], float))
    owners = np.asarray(peaks["footprintId"]).tolist()
    probabilities = np.asarray(peaks["probability"], float).tolist()
    lines = []
    for point, owner, probability in zip(_points(x, y, system), owners, probabilities, strict=True):
        if point is None:
            continue
        text = f" text={{{probability:.2f}}}" if math.isfinite(probability) else ""
        lines.append(
            f"point({point}) # point=circle 7 color={_PEAK}{text}"
            f" tag={{peaks}} tag={{footprint {owner}}}"
        )
    return lines


def _points(x: np.ndarray, y: np.ndarray, system: str) -> list[str | None]:
    """Coordinates as text, `None` where they are not finite."""
    # A thousandth of a pixel, or of an arcsec.
    digits = 3 if system == "image" else 7
    return [
        f"{one:.{digits}f},{other:.{digits}f}"
        if math.isfinite(one) and math.isfinite(other)
        else None
        for one, other in zip(x.tolist(), y.tolist(), strict=True)
    ]
