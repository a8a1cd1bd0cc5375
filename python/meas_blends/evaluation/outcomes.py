"""What is true of each footprint beside what a peak finder says of it."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ..data.catalogs import CLASSIFICATION
from ..data.outcome_tables import OUTCOMES
from ..errors import BadInputError

__all__ = ["footprint_facts", "make_outcomes", "pixel_scale_of"]


def footprint_facts(
    labels: Table,
    spans: Table,
    galaxies: Table,
    owner: np.ndarray,
    pixel_scale: float,
    limits: Table | None = None,
) -> dict[str, np.ndarray]:
    """Gather what is true of the footprints that hold a galaxy.

    Parameters
    ----------
    labels : `astropy.table.Table`
        `~meas_blends.data.catalogs.FOOTPRINT_LABELS`.
    spans : `astropy.table.Table`
        `~meas_blends.data.catalogs.SPANS`.
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH` of the galaxies that count.
    owner : `numpy.ndarray` of int, (n_galaxies,)
        ``footprintId`` that holds each.
    pixel_scale : `float`
        Arcsec in a pixel.
    limits : `astropy.table.Table`, optional
        `~meas_blends.data.outcome_tables.PAIR_LIMITS`.

    Returns
    -------
    facts : `dict` [`str`, `numpy.ndarray`]
        The columns of `~meas_blends.data.outcome_tables.OUTCOMES` that do not
        depend on a peak finder, one row a footprint with at least one galaxy.

    Raises
    ------
    BadInputError
        If labels and galaxies disagree.
    """
    kept = np.asarray(labels["nObjects"]) > 0
    identifiers = np.asarray(labels["footprintId"], np.int64)[kept]
    n_objects = np.asarray(labels["nObjects"])[kept]
    order = np.lexsort((np.asarray(galaxies["mag"]), owner))
    holder, number = np.unique(owner, return_counts=True)
    if not (np.array_equal(holder, identifiers) and np.array_equal(number, n_objects)):
        raise BadInputError(
            "labels and true galaxies disagree; label and match with the same min_significance"
            " on the footprints of one detection."
        )
    first = np.cumsum(number) - number
    brightest = order[first]
    several = n_objects > 1
    # Where there is no second galaxy the brightest stands in, to be blanked out.
    second = order[np.where(several, first + 1, first)]
    x, y, mag, flux = (np.asarray(galaxies[name], float) for name in ("x", "y", "mag", "flux"))
    distance = np.hypot(x[second] - x[brightest], y[second] - y[brightest])
    disk, bulge = (
        np.asarray(galaxies[f"{part}HalfLightRadius"], float) for part in ("disk", "bulge")
    )
    radius = np.where(np.asarray(galaxies["bulgeToTotal"]) > 0.5, bulge, disk)
    return {
        "footprintId": identifiers,
        "nObjects": n_objects,
        "mag": mag[brightest],
        "secondMag": np.where(several, mag[second], np.nan),
        "separation": np.where(several, distance * pixel_scale, np.nan),
        "fluxRatio": np.where(several, flux[second] / flux[brightest], np.nan),
        "significance": np.asarray(galaxies["significance"])[brightest],
        "radius": radius[brightest],
        "structured": np.asarray(galaxies["structure"])[brightest] > 0,
        "footprintArea": _areas(spans, identifiers),
        "sqrtDeltaChi2": _limits(limits, identifiers),
    }


def make_outcomes(facts: dict[str, np.ndarray], classification: Table, finder: str) -> Table:
    """Put a peak finder's classification beside the facts.

    Parameters
    ----------
    facts : `dict` [`str`, `numpy.ndarray`]
        From `footprint_facts`.
    classification : `astropy.table.Table`
        `~meas_blends.data.catalogs.CLASSIFICATION` of the same footprints.
    finder : `str`
        Name that the peak finder goes by.

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.OUTCOMES`.

    Raises
    ------
    BadInputError
        If a footprint is not classified.
    """
    known = np.asarray(classification["footprintId"], np.int64)
    row = np.searchsorted(known, facts["footprintId"])
    row = np.minimum(row, max(len(known) - 1, 0))
    if len(row) and not (len(known) and np.array_equal(known[row], facts["footprintId"])):
        raise BadInputError(
            f"{finder}: its classification lacks footprints that are labelled; classify and label"
            " the footprints of one detection."
        )
    said = classification[row]
    unusual = np.asarray(said["flags"]) & CLASSIFICATION.flag("OUTSIDE_TRAINING")
    return OUTCOMES.make(
        {
            **facts,
            "peakFinder": finder,
            "model": np.asarray(said["model"]),
            "nPeaks": np.asarray(said["nPeaks"]),
            "called": np.asarray(said["blended"]),
            "blendProbability": np.asarray(said["blendProbability"]),
            "nProbable": np.where(
                np.isfinite(said["probability1"]), np.asarray(said["nProbable"]), 0
            ),
            "unusual": unusual > 0,
        }
    )


def pixel_scale_of(truth: Table) -> float:
    """Pixel scale from the pixel and sky coordinates of galaxies.

    Parameters
    ----------
    truth : `astropy.table.Table`
        With ``x``, ``y``, ``coord_ra``, ``coord_dec``.

    Returns
    -------
    scale : `float`
        Arcsec in a pixel: root of the area of a pixel in the best linear
        map. NaN without sky coordinates.
    """
    x, y = np.asarray(truth["x"], float), np.asarray(truth["y"], float)
    ra, dec = np.asarray(truth["coord_ra"], float), np.asarray(truth["coord_dec"], float)
    if len(x) < 3 or not np.isfinite(ra + dec).all():
        return float("nan")
    # Right ascension may jump from 360 to 0 in the field.
    east = (ra - ra[0] + 180.0) % 360.0 - 180.0
    sky = np.column_stack([east * np.cos(np.deg2rad(np.mean(dec))), dec])
    pixels = np.column_stack([x, y, np.ones_like(x)])
    linear = np.linalg.lstsq(pixels, sky, rcond=None)[0][:2]
    return 3600.0 * float(np.sqrt(np.abs(np.linalg.det(linear))))


def _areas(spans: Table, identifiers: np.ndarray) -> np.ndarray:
    """Pixels of each footprint."""
    length = np.asarray(spans["x1"], np.int64) - np.asarray(spans["x0"], np.int64) + 1
    known, row = np.unique(np.asarray(spans["footprintId"], np.int64), return_inverse=True)
    area = np.bincount(row, length, minlength=len(known))
    return area[np.searchsorted(known, identifiers)] if len(known) else np.zeros(0)


def _limits(limits: Table | None, identifiers: np.ndarray) -> np.ndarray:
    """Limit of each footprint's pair; NaN where there is none."""
    values = np.full(len(identifiers), np.nan)
    if limits is None or len(identifiers) == 0:
        return values
    row = np.searchsorted(identifiers, np.asarray(limits["footprintId"], np.int64))
    row = np.minimum(row, len(identifiers) - 1)
    here = identifiers[row] == np.asarray(limits["footprintId"])
    values[row[here]] = np.asarray(limits["sqrtDeltaChi2"])[here]
    return values
