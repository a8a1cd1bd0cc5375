"""Single galaxies: how often a finder sees more than one, and what the main peak keeps."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import pairwise

import galsim
import numpy as np
from astropy.table import Table, vstack

from ...data.coadd import Coadd
from ...data.footprints import PixelLists, pixel_lists, spans_to_labels
from ...data.real_sky_tables import SINGLES
from ...data.space_galaxies import half_of
from ...detection.background import subtract_background
from ...detection.complete import complete_coadd
from ...detection.find import find_footprints
from ...detection.matched_filter import FilteredCoadd, MatchedFilter
from ...detection.psf import typical_width
from ...simulation.survey import Survey
from .drawing import Mosaic, cell_side, draw_profile, make_mosaic, scaled_to
from .finders import Finder, Found
from .kept_flux import kept_shares
from .templates import Template, make_template, smooth_twin_image

__all__ = ["REFERENCES", "SAMPLES", "score_mosaic", "singles", "singles_in_image"]

#: What of a real galaxy is drawn.
SAMPLES = ("real", "twin", "raw", "control")

#: Galaxies of known profiles that are drawn beside them: Sersic index, cut [half-light radius].
REFERENCES = {
    "sersic n=1": (1.0, None),
    "sersic n=4": (4.0, None),
    "sersic n=1 cut at 2 Re": (1.0, 2.0),
    "sersic n=4 cut at 6 Re": (4.0, 6.0),
    "star": None,
}

#: Templates are not stretched more than so, for their own PSF and noise would show.
_MAX_DILATION = 4.0

#: Columns that are NaN where nothing was found.
_NUMBERS = ("blendProbability", "mainFlux", "offset")


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
        Some of `SAMPLES`.
    references : sequence of `str`
        Some of `REFERENCES`; a star is drawn once, not a time a radius.
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
    drawn = _profiles(templates, samples, references, seed)
    for fwhm in seeing:
        seen = survey.replace(psf_fwhm=float(fwhm))
        for size in radius:
            rng = np.random.default_rng([seed, round(1000 * fwhm), round(1000 * size)])
            wanted = [
                one
                for one in drawn
                if (one.sample != "star" or size == radius[0])
                and (one.template is None or size <= _MAX_DILATION * one.radius)
            ]
            cells, rows = [], []
            side = cell_side(seen, size)
            for one in wanted:
                for _ in range(repeats):
                    turned = one.profile.rotate(rng.uniform(0, 360) * galsim.degrees)
                    if one.sample != "star":
                        turned = turned.dilate(size / one.radius)
                    offset = rng.uniform(-0.5, 0.5, 2)
                    cells.append(draw_profile(turned, seen, side, tuple(offset)))
                    rows.append((one, offset))
            for ratio in snr if cells else ():
                scaled = [scaled_to(cell, seen, ratio) for cell in cells]
                mosaic = make_mosaic(scaled, seen, rng, f"singles of S/N {ratio:g}")
                facts = {
                    "galaxy": [one.name for one, _ in rows],
                    "sample": [one.sample for one, _ in rows],
                    "kind": [one.kind for one, _ in rows],
                    "half": [one.half for one, _ in rows],
                    "snr": ratio,
                    "radius": [0.0 if one.sample == "star" else size for one, _ in rows],
                    "seeing": fwhm,
                }
                offsets = np.array([offset for _, offset in rows])
                parts += [
                    score_mosaic(name, finder, mosaic, offsets, facts)
                    for name, finder in finders.items()
                ]
    return vstack(parts, metadata_conflicts="silent")


def score_mosaic(
    name: str, finder: Finder, mosaic: Mosaic, offsets: np.ndarray, facts: Mapping[str, object]
) -> Table:
    """See what a peak finder makes of a mosaic of single galaxies.

    Parameters
    ----------
    name : `str`
        The peak finder's.
    finder : `~meas_blends.evaluation.skies.finders.Finder`
    mosaic : `~meas_blends.evaluation.skies.drawing.Mosaic`
        Of n cells.
    offsets : `numpy.ndarray`, (n, 2)
        Of the galaxies from the cells' middles, x and y [pixel].
    facts : mapping of `str`
        Columns that are known: ``galaxy``, ``sample``, ``kind``, ``half``,
        ``snr``, ``radius``, ``seeing``.

    Returns
    -------
    outcomes : `astropy.table.Table`
        `~meas_blends.data.real_sky_tables.SINGLES`, one row a cell.
    """
    seen = _Seen.of(finder, complete_coadd(mosaic.coadd))
    made = seen.judge(mosaic.x, mosaic.y, offsets, mosaic.side)
    return SINGLES.make({**facts, "peakFinder": name, **made})


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
        seen = _Seen.of(finder, coadd)
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
            "seeing": 2.355 * typical_width(coadd.psf) * coadd.pixel_scale,
        }
        if len(x):
            parts.append(SINGLES.make({**facts, "peakFinder": name, **made}))
    return vstack(parts, metadata_conflicts="silent")


@dataclasses.dataclass(frozen=True)
class _Seen:
    """An image with its footprints, and what a finder says of them."""

    filtered: FilteredCoadd
    labels: np.ndarray
    pixels: PixelLists
    found: Found

    @classmethod
    def of(cls, finder: Finder, coadd: Coadd) -> _Seen:
        filtered = MatchedFilter.fit(coadd).window()
        _, spans = find_footprints(filtered)
        labels = spans_to_labels(spans, coadd.shape, coadd.xy0)
        pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
        return cls(filtered, labels, pixels, finder(filtered, pixels))

    def brightest(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Brightest pixel of each footprint, array pixels, and the S/N of its pixels."""
        smoothed, coadd = self.filtered.smoothed.ravel(), self.filtered.coadd
        power = coadd.image.ravel()[self.pixels.flat] ** 2
        power = power / coadd.variance.ravel()[self.pixels.flat] - 1.0
        snr = np.sqrt(np.maximum(self.pixels.reduce(np.add, power), 0.0))
        # In coadds whose pixels share noise, less of it is in their variance.
        snr /= self.filtered.correlation
        flat = np.array(
            [
                self.pixels.flat[a:b][np.argmax(smoothed[self.pixels.flat[a:b]])]
                for a, b in pairwise(self.pixels.first)
            ],
            int,
        )
        y, x = np.divmod(flat, coadd.shape[1])
        return x, y, snr

    def judge(
        self, x: np.ndarray, y: np.ndarray, offsets: np.ndarray, side: int
    ) -> dict[str, np.ndarray]:
        """Columns of what was found in the footprints at some pixels."""
        owner = self.labels[y, x]
        row = np.searchsorted(self.pixels.identifiers, owner)
        columns = {
            "detected": owner > 0,
            "nPeaks": np.zeros(len(x), int),
            "unusual": np.zeros(len(x), bool),
            **{name: np.full(len(x), np.nan) for name in _NUMBERS},
        }
        found = self.found
        ny, nx = self.labels.shape
        for k in np.flatnonzero(owner > 0):
            mine = found.owner == row[k]
            columns["nPeaks"][k] = np.count_nonzero(mine)
            columns["blendProbability"][k] = found.probability[row[k]]
            columns["unusual"][k] = found.unusual[row[k]]
            if not mine.any():
                continue
            j, i = max(y[k] - side // 2, 0), max(x[k] - side // 2, 0)
            cell = np.s_[j : min(j + side, ny), i : min(i + side, nx)]
            inside = self.labels[cell] == owner[k]
            px, py = found.x[mine], found.y[mine]
            shares = kept_shares(self.filtered.coadd.image[cell], inside, px - i, py - j)
            columns["mainFlux"][k] = shares.max()
            dx, dy = px - x[k] - offsets[k, 0], py - y[k] - offsets[k, 1]
            columns["offset"][k] = np.hypot(dx, dy).min() * self.filtered.coadd.pixel_scale
        return columns


@dataclasses.dataclass(frozen=True)
class _Drawn:
    """Something to draw: a profile of unit flux about the origin [arcsec]."""

    name: str
    sample: str
    kind: str
    half: str
    profile: galsim.GSObject
    radius: float
    template: Template | None = None


def _profiles(
    templates: Sequence[Template], samples: Sequence[str], references: Sequence[str], seed: int
) -> list[_Drawn]:
    """All that is to be drawn, at its own size."""
    rng = np.random.default_rng([seed, 0])
    drawn = []
    for template in templates:
        for sample in samples:
            source, part = template, sample
            if sample == "control":
                source, part = make_template(smooth_twin_image(template, rng)), "real"
            profile = source.profile(part)
            size = source.half_light_radius
            half = half_of(template.name)
            drawn.append(
                _Drawn(template.name, sample, template.kind, half, profile, size, template)
            )
    for name in references:
        for number in range(max(4, len(templates) // 2)):
            if REFERENCES[name] is None:
                profile = galsim.Gaussian(sigma=1e-3)
                drawn.append(_Drawn(f"star {number}", "star", "star", "", profile, 1.0))
                continue
            index, cut = REFERENCES[name]
            more = {} if cut is None else {"trunc": cut}
            profile = galsim.Sersic(index, half_light_radius=1.0, **more)
            ratio = rng.uniform(0.4, 1.0)
            profile = profile.shear(q=ratio, beta=0 * galsim.degrees)
            drawn.append(_Drawn(f"{name} {number}", name, "smooth", "", profile, 1.0))
    return drawn
