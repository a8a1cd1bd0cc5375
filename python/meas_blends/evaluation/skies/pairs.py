"""Injected pairs of galaxies: which are found as two, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table, vstack

from ...data.real_sky_tables import PAIRS
from ...detection.complete import complete_coadd
from ...simulation.survey import Survey
from ..places import one_to_one
from .drawing import cell_side, draw_profile, make_mosaic, scaled_to
from .finders import Finder
from .seen import Seen
from .sources import Source, all_sources
from .templates import Template

__all__ = ["pairs"]


def pairs(
    finders: Mapping[str, Finder],
    templates: Sequence[Template],
    survey: Survey,
    separation: Sequence[float] = (0.4, 0.6, 0.8, 1.0, 1.5, 2.0),
    ratio: Sequence[float] = (1.0, 0.3, 0.1),
    snr: Sequence[float] = (100.0,),
    radius: Sequence[float] = (0.3,),
    seeing: Sequence[float] = (0.7,),
    samples: Sequence[str] = ("real", "twin"),
    references: Sequence[str] = ("sersic n=1",),
    repeats: int = 1,
    match_radius: float = 0.5,
    seed: int = 1,
) -> Table:
    """Put real galaxies beside one another and see which peaks a finder gives them.

    Parameters
    ----------
    finders : mapping of `str` to `~meas_blends.evaluation.skies.finders.Finder`
        Peak finders by name.
    templates : sequence of `~meas_blends.evaluation.skies.templates.Template`
        Real galaxies; both of a pair are of one half.
    survey : `~meas_blends.simulation.survey.Survey`
        Pixels, depth, PSF and noise.
    separation : sequence of `float`
        Distance of the two centres [arcsec].
    ratio : sequence of `float`
        Flux of the fainter over that of the brighter, up to 1.
    snr : sequence of `float`
        S/N of the brighter one alone, by a filter of its own shape.
    radius : sequence of `float`
        Half-light radius of both before the PSF [arcsec].
    seeing : sequence of `float`
        FWHM of the PSF [arcsec].
    samples, references : sequence of `str`
        As of `~meas_blends.evaluation.skies.singles.singles`; stars apart,
        pairs are of one sample each.
    repeats : `int`
        Times that each galaxy is the brighter one of a pair.
    match_radius : `float`
        Farthest distance of a peak from its galaxy [arcsec]; half the
        separation where that is less, so that no peak stands for the farther
        of the two. One between them may stand for one.
    seed : `int`
        Of all that is random.

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.PAIRS`.
    """
    parts = [PAIRS.make()]
    sources = all_sources(templates, samples, references, seed)
    for fwhm in seeing:
        seen = survey.replace(psf_fwhm=float(fwhm))
        for size in radius:
            usable = [one for one in sources if size <= one.largest and one.radius > 0]
            rng = np.random.default_rng([seed, 1, round(1000 * fwhm), round(1000 * size)])
            couples = _couples(usable, repeats, rng)
            if not couples:
                continue
            for apart in separation:
                drawn = _draw(couples, seen, size, apart, rng)
                for share in ratio:
                    for level in snr:
                        parts += _score(
                            finders,
                            couples,
                            drawn,
                            seen,
                            {
                                "separation": apart,
                                "fluxRatio": share,
                                "snr": level,
                                "radius": size,
                                "seeing": fwhm,
                            },
                            min(match_radius, 0.5 * apart),
                            rng,
                        )
    return vstack(parts, metadata_conflicts="silent")


def _couples(
    sources: Sequence[Source], repeats: int, rng: np.random.Generator
) -> list[tuple[Source, Source]]:
    """Each source with another one of its sample and half, or with itself if it is alone."""
    couples = []
    for one in sources:
        others = [
            other
            for other in sources
            if (other.sample, other.half) == (one.sample, one.half) and other.name != one.name
        ]
        others = others or [one]
        couples += [(one, others[rng.integers(len(others))]) for _ in range(repeats)]
    return couples


def _draw(
    couples: Sequence[tuple[Source, Source]],
    survey: Survey,
    size: float,
    apart: float,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Light (n, 2, side, side) and places (n, 2, 2) of couples, from the cells' middles [pixel]."""
    side = cell_side(survey, size + 0.1 * apart)
    angle = rng.uniform(0, 2 * np.pi, len(couples))
    middle = rng.uniform(-0.5, 0.5, (len(couples), 2))
    half = 0.5 * apart / survey.pixel_scale * np.column_stack([np.cos(angle), np.sin(angle)])
    places = np.stack([middle - half, middle + half], axis=1)
    light = [
        [
            draw_profile(one.scaled(size, rng.uniform(0, 360)), survey, side, tuple(place))
            for one, place in zip(couple, where, strict=True)
        ]
        for couple, where in zip(couples, places, strict=True)
    ]
    return np.array(light), places


def _score(
    finders: Mapping[str, Finder],
    couples: Sequence[tuple[Source, Source]],
    drawn: tuple[np.ndarray, np.ndarray],
    survey: Survey,
    facts: dict[str, float],
    radius: float,
    rng: np.random.Generator,
) -> list[Table]:
    """Outcomes of couples at one separation, flux ratio and S/N."""
    light, places = drawn
    bright = [scaled_to(one[0], survey, facts["snr"]) for one in light]
    # As many photons as the ratio says, whatever the two profiles.
    faint = [
        one[1] * (facts["fluxRatio"] * new.sum() / one[1].sum())
        for one, new in zip(light, bright, strict=True)
    ]
    cells = [first + second for first, second in zip(bright, faint, strict=True)]
    mosaic = make_mosaic(cells, survey, rng, f"pairs {facts['separation']:g} arcsec apart")
    coadd = complete_coadd(mosaic.coadd)
    scale = survey.pixel_scale
    n = len(couples)
    true = places + np.stack([mosaic.x, mosaic.y], axis=1)[:, None]
    cell = np.arange(n)
    common = {
        "galaxy": [one.name for one, _ in couples],
        "companion": [other.name for _, other in couples],
        "sample": [one.sample for one, _ in couples],
        "half": [one.half for one, _ in couples],
        **facts,
    }
    columns = int(np.ceil(np.sqrt(n)))
    tables = []
    for name, finder in finders.items():
        seen = Seen.of(finder, coadd)
        found = seen.found
        x, y = np.asarray(found.x, float), np.asarray(found.y, float)
        row = np.floor((y + 0.5) / mosaic.side).astype(int)
        whose = row * columns + np.floor((x + 0.5) / mosaic.side).astype(int)
        galaxy, peak = one_to_one(
            true.reshape(-1, 2), np.repeat(cell, 2), np.column_stack([x, y]), whose, radius / scale
        )
        offset = np.full(2 * n, np.nan)
        at = np.column_stack([x, y])[peak]
        offset[galaxy] = np.hypot(*(at - true.reshape(-1, 2)[galaxy]).T) * scale
        offset = offset.reshape(n, 2)
        n_peaks = np.bincount(whose, minlength=n)[:n]
        probability = np.full(n, np.nan)
        owner = seen.labels[mosaic.y, mosaic.x]
        inside = owner > 0
        rows = np.searchsorted(seen.pixels.identifiers, owner[inside])
        probability[inside] = found.probability[rows]
        tables.append(
            PAIRS.make(
                {
                    **common,
                    "peakFinder": name,
                    "nPeaks": n_peaks,
                    "nFound": np.isfinite(offset).sum(axis=1),
                    "nFalse": n_peaks - np.isfinite(offset).sum(axis=1),
                    "blendProbability": probability,
                    "offset": offset[:, 0],
                    "companionOffset": offset[:, 1],
                }
            )
        )
    return tables
