"""Single galaxies: how often a finder sees more than one, and what the main peak keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from astropy.table import Table, vstack

from ...data.coadd import Coadd
from ...data.psf import FWHM_PER_SIGMA
from ...data.real_sky_tables import SINGLES
from ...detection.background import subtract_background
from ...detection.complete import complete_coadd
from ...detection.psf import typical_width
from ...simulation.survey import Survey
from .finders import Finder
from .seen import Seen
from .sources import REFERENCES, all_sources, draw_singles
from .templates import Template

__all__ = ["singles", "singles_in_image"]


def singles(
    finders: Mapping[str, Finder],
    templates: Sequence[Template],
    survey: Survey,
    snr: Sequence[float] = (30.0, 100.0, 300.0, 1000.0),
    radius: Sequence[float] = (0.3, 0.5, 1.0),
    seeing: Sequence[float] = (0.7,),
    samples: Sequence[str] = ("real", "twin"),
    references: Sequence[str] = tuple(REFERENCES),
    repeats: int = 2,
    seed: int = 1,
) -> Table:
    """Draw single galaxies from the ground and see what peak finders make of them.

    Parameters
    ----------
    finders : mapping of `str` to `~meas_blends.evaluation.skies.finders.Finder`
        Peak finders by name.
    templates : sequence of `~meas_blends.evaluation.skies.templates.Template`
        Real galaxies.
    survey : `~meas_blends.simulation.survey.Survey`
        Pixels, depth, PSF and noise.
    snr : sequence of `float`
        S/N of the galaxy by a filter of its own shape.
    radius : sequence of `float`
        Half-light radius before the PSF [arcsec].
    seeing : sequence of `float`
        FWHM of the PSF [arcsec].
    samples : sequence of `str`
        Some of `~meas_blends.evaluation.skies.sources.SAMPLES`.
    references : sequence of `str`
        Some of `~meas_blends.evaluation.skies.sources.REFERENCES`; a star is
        drawn once, not a time a radius.
    repeats : `int`
        Times that each galaxy is drawn, turned, moved within a pixel and with
        other noise.
    seed : `int`
        Of all that is random.

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLES`.
    """
    parts = [SINGLES.make()]
    sources = all_sources(templates, samples, references, seed)
    for scene in draw_singles(sources, survey, snr, radius, seeing, repeats, seed):
        mosaic, coadd = scene.mosaic, complete_coadd(scene.mosaic.coadd)
        for name, finder in finders.items():
            seen = Seen.of(finder, coadd)
            made = seen.judge(mosaic.x, mosaic.y, scene.offsets, mosaic.side)
            parts.append(SINGLES.make({**scene.facts, "peakFinder": name, **made}))
    return vstack(parts, metadata_conflicts="silent")


def singles_in_image(
    finders: Mapping[str, Finder], coadd: Coadd, kind: str = "", background: bool = False
) -> Table:
    """See what peak finders make of an image of single galaxies.

    Parameters
    ----------
    finders : mapping of `str` to `~meas_blends.evaluation.skies.finders.Finder`
        Peak finders by name.
    coadd : `~meas_blends.data.coadd.Coadd`
        Each of its footprints holds one galaxy.
    kind : `str`
        What they are.
    background : `bool`
        Subtract a background first?

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLES`, one row a footprint and
        peak finder. ``galaxy`` is the name of the image and the footprint's
        brightest pixel of the smoothed image, parent pixels; ``snr`` is of
        the pixels of the footprint, ``radius`` NaN, and ``offset`` from that
        pixel.
    """
    coadd = complete_coadd(coadd)
    coadd = subtract_background(coadd) if background else coadd
    parts = [SINGLES.make()]
    for name, finder in finders.items():
        seen = Seen.of(finder, coadd)
        x, y, snr = seen.brightest()
        side = 2 * max(coadd.shape)
        made = seen.judge(x, y, np.zeros((len(x), 2)), side)
        places = zip(x + coadd.xy0[0], y + coadd.xy0[1], strict=True)
        facts = {
            "galaxy": [f"{coadd.name} ({i}, {j})" for i, j in places],
            "sample": "image",
            "kind": kind,
            "half": "",
            "snr": snr,
            "radius": np.nan,
            "seeing": FWHM_PER_SIGMA * typical_width(coadd.psf) * coadd.pixel_scale,
        }
        if len(x):
            parts.append(SINGLES.make({**facts, "peakFinder": name, **made}))
    return vstack(parts, metadata_conflicts="silent")
