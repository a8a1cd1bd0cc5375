"""Outcomes and places of imaginary peak finders, for tests of scores and pictures."""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from meas_blends.data.outcome_tables import OUTCOMES, PLACES


def make_outcomes(n_objects, n_peaks, probability=np.nan, finder="oracle", **columns) -> Table:
    """Outcomes of one finder: blended where there is more than one peak."""
    n_objects, n_peaks = np.asarray(n_objects), np.asarray(n_peaks)
    several = n_objects > 1
    return OUTCOMES.make(
        {
            "footprintId": np.arange(1, len(n_objects) + 1),
            "peakFinder": finder,
            "model": "",
            "nObjects": n_objects,
            "nPeaks": n_peaks,
            "called": n_peaks > 1,
            "blendProbability": probability,
            "nProbable": np.where(np.isfinite(probability), n_peaks, 0),
            "unusual": False,
            "mag": 24.0,
            "secondMag": np.where(several, 25.0, np.nan),
            "separation": np.where(several, 1.5, np.nan),
            "fluxRatio": np.where(several, 0.4, np.nan),
            "significance": 20.0,
            "radius": 0.5,
            "structured": False,
            "footprintArea": 100,
            "sqrtDeltaChi2": np.where(n_objects == 2, 6.0, np.nan),
            **columns,
        }
    )


def make_places(offsets, missed=0, false=0, finder="oracle") -> Table:
    """Places of one finder: matches with offsets along x [pixel], missed galaxies, false peaks."""
    matched = len(offsets)
    n = matched + missed + false
    galaxy, peak = np.arange(n) < matched + missed, np.ones(n, bool)
    peak[matched : matched + missed] = False
    both = np.where(galaxy & peak, 1.0, np.nan)
    dx = np.append(offsets, np.zeros(missed + false))
    return PLACES.make(
        {
            "footprintId": np.arange(1, n + 1),
            "peakFinder": finder,
            "galaxyId": galaxy * np.arange(1, n + 1),
            "peakId": peak * np.arange(1, n + 1),
            "mag": np.where(galaxy, 24.0, np.nan),
            "x": np.where(galaxy, 10.0, np.nan),
            "y": np.where(galaxy, 10.0, np.nan),
            "f_x": np.where(peak, 10.0 + dx, np.nan),
            "f_y": np.where(peak, 10.0, np.nan),
            "f_xErr": np.nan,
            "f_yErr": np.nan,
            "offset": 0.2 * np.abs(dx) * both,
        }
    )


def make_scene(rng, n=400, finders=("local_maxima", "gp")) -> tuple[Table, Table]:
    """A scene of ``n`` footprints; the first finder has no probabilities, the others are good."""
    n_objects = rng.choice([1, 2, 3, 5], n, p=[0.6, 0.25, 0.1, 0.05])
    several = n_objects > 1
    common = {
        "mag": rng.uniform(21, 26, n),
        "secondMag": np.where(several, rng.uniform(23, 26.5, n), np.nan),
        "separation": np.where(several, rng.uniform(0.2, 4, n), np.nan),
        "fluxRatio": np.where(several, rng.uniform(0, 1, n), np.nan),
        "footprintArea": rng.integers(60, 900, n),
        "sqrtDeltaChi2": np.where(n_objects == 2, rng.uniform(0, 12, n), np.nan),
    }
    outcomes, places = [], []
    for number, finder in enumerate(finders):
        probability = np.clip(several * 0.7 + rng.normal(0.15, 0.15, n), 0.01, 0.99)
        n_peaks = np.where(probability > 0.5, np.maximum(n_objects, 2), 1)
        stated = np.full(n, np.nan) if number == 0 else probability
        outcomes.append(make_outcomes(n_objects, n_peaks, stated, finder, **common))
        places.append(make_places(rng.normal(0, 0.5, n), missed=n // 5, false=5, finder=finder))
    return stack(OUTCOMES, outcomes), stack(PLACES, places)


def stack(schema, tables) -> Table:
    """Tables of one schema below one another."""
    return schema.make(
        {
            column.name: np.concatenate([table[column.name] for table in tables])
            for column in schema.all_columns
        }
    )
