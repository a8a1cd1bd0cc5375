"""Measured radii and fluxes of real galaxies against what their space images give."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from astropy.table import Table

from ...data.catalogs import MORPHOLOGY, PEAKS
from ...data.real_sky_tables import REAL_MORPHOLOGY, REAL_MORPHOLOGY_RATES
from ...data.space_ground_tables import SPACE_MORPHOLOGY
from .bootstrap import Statistic, binned, by_halves
from .compare import FieldComparison
from .seen import Seen
from .sources import SingleScene

__all__ = [
    "morphology_rates",
    "peaks_of_field",
    "peaks_of_scene",
    "scene_morphology",
    "space_morphology",
]

#: Names of columns of the two tables.
_MEASURED = {"flux": "flux", "radius": "halfLightRadius"}
_QUANTILES = ("p02275", "p15865", "p50", "p84135", "p97725")

#: What columns of peaks hold that no peak finder made, by the first letters of their types.
_BLANK = {"f": np.nan, "i": 0, "b": False, "s": ""}

#: Interquartile range of a normal distribution of unit scatter.
_QUARTILES = 1.349


def peaks_of_scene(scene: SingleScene, seen: Seen) -> tuple[Table, np.ndarray]:
    """Make a table of peaks at the true places of single galaxies.

    Parameters
    ----------
    scene : `~meas_blends.evaluation.skies.sources.SingleScene`
        Of n cells.
    seen : `~meas_blends.evaluation.skies.seen.Seen`
        Its footprints.

    Returns
    -------
    peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS` of the galaxies that are detected.
    detected : `numpy.ndarray` of bool, (n,)
    """
    mosaic = scene.mosaic
    owner = seen.labels[mosaic.y, mosaic.x]
    x, y = mosaic.x + scene.offsets[:, 0], mosaic.y + scene.offsets[:, 1]
    return _peaks(seen, x[owner > 0], y[owner > 0], owner[owner > 0]), owner > 0


def peaks_of_field(comparison: FieldComparison, finder: str) -> Table:
    """Make the table of all peaks that a finder has in a field.

    Parameters
    ----------
    comparison : `~meas_blends.evaluation.skies.compare.FieldComparison`
    finder : `str`
        The peak finder's name.

    Returns
    -------
    peaks : `astropy.table.Table`
        `~meas_blends.data.catalogs.PEAKS`.
    """
    seen = comparison.seen[finder]
    found = seen.found
    x0, y0 = seen.filtered.coadd.xy0
    return _peaks(seen, found.x + x0, found.y + y0, seen.pixels.identifiers[found.owner])


def _peaks(seen: Seen, x: np.ndarray, y: np.ndarray, owner: np.ndarray) -> Table:
    """Peaks at parent pixels."""
    filtered, coadd = seen.filtered, seen.filtered.coadd
    i_x, i_y = (np.floor(np.asarray(axis, float) + 0.5).astype(int) for axis in (x, y))
    ny, nx = coadd.shape
    row = np.clip(i_y - coadd.xy0[1], 0, ny - 1)
    column = np.clip(i_x - coadd.xy0[0], 0, nx - 1)
    ra, dec = coadd.sky(x, y)
    return PEAKS.make(
        {
            **{column.name: _BLANK[column.dtype[0]] for column in PEAKS.columns},
            "id": np.arange(1, len(i_x) + 1),
            "footprintId": owner,
            "f_x": x,
            "f_y": y,
            "i_x": i_x,
            "i_y": i_y,
            "coord_ra": ra,
            "coord_dec": dec,
            "peakValue": filtered.smoothed[row, column],
            "significance": filtered.significance[row, column],
            "peakFinder": "true places",
            "flags": 0,
        }
    )


def scene_morphology(scene: SingleScene, detected: np.ndarray, morphology: Table) -> Table:
    """Hold measured morphology against what was drawn.

    Parameters
    ----------
    scene : `~meas_blends.evaluation.skies.sources.SingleScene`
        Of n cells.
    detected : `numpy.ndarray` of bool, (n,)
        As `peaks_of_scene` gives it.
    morphology : `astropy.table.Table`
        `~meas_blends.data.morphology_tables.MORPHOLOGY`, one row a detected
        galaxy.

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.REAL_MORPHOLOGY`.
    """
    n = len(detected)
    columns = {
        "trueFlux": scene.flux * scene.mosaic.coadd.nanojansky_per_count,
        "trueRadius": scene.major,
    }
    for name, measured in _MEASURED.items():
        for suffix in _QUANTILES:
            values = np.full(n, np.nan)
            values[detected] = morphology[f"{measured}_{suffix}"]
            columns[f"{name}_{suffix}"] = values
    flags = np.zeros(n, int)
    flags[detected] = morphology["flags"]
    failed = flags & MORPHOLOGY.flag("FAILED") != 0
    return REAL_MORPHOLOGY.make(
        {
            **scene.facts,
            **columns,
            "measured": detected & ~failed,
            "unusual": flags & MORPHOLOGY.flag("OUTSIDE_TRAINING") != 0,
            "notRefined": flags & MORPHOLOGY.flag("NOT_REFINED") != 0,
        }
    )


def space_morphology(
    comparison: FieldComparison, finder: str, peaks: Table, morphology: Table
) -> Table:
    """Hold measured morphology of a field's peaks against the space image.

    Parameters
    ----------
    comparison : `~meas_blends.evaluation.skies.compare.FieldComparison`
    finder : `str`
        Whose peaks they are.
    peaks, morphology : `astropy.table.Table`
        From `peaks_of_field`, and what was measured of them.

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.space_ground_tables.SPACE_MORPHOLOGY`: one row a peak
        that a space object was matched to. The space object's major axis is
        its circular half-light radius over the root of its axis ratio.
    """
    matches = comparison.matches
    mine = (np.asarray(matches["peakFinder"]) == finder) & (
        np.asarray(matches["outcome"]) == "matched"
    )
    pairs = matches[mine]
    if len(pairs) == 0:
        return SPACE_MORPHOLOGY.make()
    row = _nearest(peaks["f_x"], peaks["f_y"], pairs["f_x"], pairs["f_y"])
    x0, y0 = comparison.ground.xy0
    source = _nearest(*np.add(comparison.places, (x0, y0)).T, pairs["x"], pairs["y"])
    values = np.linalg.eigvalsh(comparison.objects.moments[source])
    ratio = np.sqrt(np.maximum(values[:, 0], 1e-6) / values[:, 1])
    columns = {
        "trueFlux": comparison.flux[source] * comparison.ground.nanojansky_per_count,
        "trueRadius": comparison.objects.radius[source] / np.sqrt(ratio),
    }
    measured = morphology[row]
    for name, column in _MEASURED.items():
        for suffix in _QUANTILES:
            columns[f"{name}_{suffix}"] = measured[f"{column}_{suffix}"]
    flags = np.asarray(measured["flags"])
    return SPACE_MORPHOLOGY.make(
        {
            **{
                name: pairs[name]
                for name in ("field", "peakFinder", "footprintId", "f_x", "f_y", "significance")
            },
            **columns,
            "measured": flags & MORPHOLOGY.flag("FAILED") == 0,
            "unusual": flags & MORPHOLOGY.flag("OUTSIDE_TRAINING") != 0,
        }
    )


def _nearest(x: np.ndarray, y: np.ndarray, to_x: np.ndarray, to_y: np.ndarray) -> np.ndarray:
    """Row of the nearest of some points to each of others."""
    x, y, to_x, to_y = (np.asarray(axis, float) for axis in (x, y, to_x, to_y))
    return np.hypot(to_x[:, None] - x, to_y[:, None] - y).argmin(axis=1)


def morphology_rates(outcomes: Table, by_half: bool = True, seed: int = 1) -> Table:
    """Bias, scatter and coverage by sample, kind, half, seeing, radius and S/N.

    Parameters
    ----------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.REAL_MORPHOLOGY`.
    by_half : `bool`
        As of `~meas_blends.evaluation.skies.bootstrap.by_halves`.
    seed : `int`
        Of the bootstrap.

    Returns
    -------
    rates : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.REAL_MORPHOLOGY_RATES`.
    """
    table = by_halves(outcomes, by_half)
    numbers: dict[str, Callable[[Table], tuple[np.ndarray, Statistic]]] = {}
    for name in _MEASURED:
        true = f"true{name.capitalize()}"
        numbers[f"{name}Bias"] = _ratios(name, true, lambda v: float(np.median(v)))
        numbers[f"{name}Scatter"] = _ratios(
            name, true, lambda v: float(np.subtract(*np.quantile(v, [0.75, 0.25]))) / _QUARTILES
        )
        for percent, ends in (("68", ("p15865", "p84135")), ("95", ("p02275", "p97725"))):
            numbers[f"{name}Covered{percent}"] = _covered(name, true, ends)
    return binned(
        table,
        ["sample", "kind", "half", "seeing", "radius", "snr"],
        "galaxy",
        numbers,
        {
            "nGalaxies": lambda rows: len(np.unique(np.asarray(rows["galaxy"]))),
            "nDrawn": len,
            **{
                name: lambda rows, name=name: float(np.mean(rows[name]))
                for name in ("measured", "unusual", "notRefined")
            },
        },
        REAL_MORPHOLOGY_RATES,
        seed,
    )


def _ratios(
    name: str, true: str, statistic: Statistic
) -> Callable[[Table], tuple[np.ndarray, Statistic]]:
    def number(rows: Table) -> tuple[np.ndarray, Statistic]:
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.log(np.asarray(rows[f"{name}_p50"], float) / np.asarray(rows[true], float))
        return np.where(np.asarray(rows["measured"]), values, np.nan), statistic

    return number


def _covered(
    name: str, true: str, ends: tuple[str, str]
) -> Callable[[Table], tuple[np.ndarray, Statistic]]:
    def number(rows: Table) -> tuple[np.ndarray, Statistic]:
        low, high = (np.asarray(rows[f"{name}_{end}"], float) for end in ends)
        inside = (rows[true] >= low) & (rows[true] <= high)
        # A star has no radius to be right about.
        known = np.asarray(rows["measured"]) & (np.asarray(rows[true], float) > 0)
        return np.where(known, inside, np.nan), np.mean

    return number
