"""What is drawn: real galaxies and their controls, galaxies of known profiles, stars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import galsim
import numpy as np

from ...data.space_galaxies import half_of
from ...simulation.survey import Survey
from .drawing import Mosaic, cell_side, draw_profile, make_mosaic, scaled_to
from .templates import Template, make_template, smooth_twin_image

__all__ = ["REFERENCES", "SAMPLES", "SingleScene", "Source", "all_sources", "draw_singles"]

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

#: A point, for all that a ground survey sees [arcsec].
_POINT = 1e-3


@dataclass(frozen=True)
class Source:
    """Something to draw.

    Parameters
    ----------
    name : `str`
        Its own.
    sample, kind, half : `str`
        As in `~meas_blends.data.real_sky_tables.SINGLES`.
    profile : `galsim.GSObject`
        Of unit flux about the origin [arcsec].
    radius : `float`
        Its half-light radius [arcsec]; 0 for a star.
    largest : `float`
        Largest half-light radius that it may be stretched to [arcsec].
    major : `float`
        Semi-major axis of the ellipse that holds half of the light, over
        ``radius``, which is of a circle; 0 for a star.
    """

    name: str
    sample: str
    kind: str
    half: str
    profile: galsim.GSObject
    radius: float
    largest: float = float("inf")
    major: float = 1.0

    def scaled(self, radius: float, angle: float) -> galsim.GSObject:
        """Turn it by an angle [deg] and stretch it to a half-light radius [arcsec]."""
        turned = self.profile.rotate(angle * galsim.degrees)
        return turned.dilate(radius / self.radius) if self.radius > 0 else turned


@dataclass(frozen=True)
class SingleScene:
    """A mosaic of single galaxies of one S/N and size, and what is true of each cell.

    Parameters
    ----------
    mosaic : `~meas_blends.evaluation.skies.drawing.Mosaic`
        Of n cells.
    offsets : `numpy.ndarray`, (n, 2)
        Of the galaxies from the cells' middles, x and y [pixel].
    flux : `numpy.ndarray`, (n,)
        Of the whole profile [count].
    major : `numpy.ndarray`, (n,)
        Semi-major axes of the ellipses that hold half of the light, before
        the PSF [arcsec].
    facts : `dict` [`str`, array-like]
        Columns ``galaxy``, ``sample``, ``kind``, ``half``, ``snr``,
        ``radius`` and ``seeing``.
    """

    mosaic: Mosaic
    offsets: np.ndarray
    flux: np.ndarray
    major: np.ndarray
    facts: dict[str, object]


def all_sources(
    templates: Sequence[Template],
    samples: Sequence[str] = ("real", "twin"),
    references: Sequence[str] = tuple(REFERENCES),
    seed: int = 1,
) -> list[Source]:
    """Gather all that is to be drawn.

    Parameters
    ----------
    templates : sequence of `~meas_blends.evaluation.skies.templates.Template`
        Real galaxies.
    samples : sequence of `str`
        Some of `SAMPLES`.
    references : sequence of `str`
        Some of `REFERENCES`, of each half as many as there are templates and
        no fewer than four, of axis ratios from 0.4 to 1.
    seed : `int`
        Of the axis ratios, and of the noise of the control.

    Returns
    -------
    sources : `list` [`Source`]
    """
    rng = np.random.default_rng([seed, 0])
    made = []
    for template in templates:
        for sample in samples:
            source, part = template, sample
            if sample == "control":
                source, part = make_template(smooth_twin_image(template, rng)), "real"
            radius, major = source.radii(part)
            made.append(
                Source(
                    template.name,
                    sample,
                    template.kind,
                    half_of(template.name),
                    source.profile(part),
                    radius,
                    _MAX_DILATION * radius,
                    major / radius,
                )
            )
    number = max(4, len(templates) // 2)
    for name in references:
        if REFERENCES[name] is None:
            point = galsim.Gaussian(sigma=_POINT)
            made += [
                Source(f"{name} {k}", "star", "star", "", point, 0.0, major=0.0)
                for k in range(number)
            ]
            continue
        index, cut = REFERENCES[name]
        profile = galsim.Sersic(index, half_light_radius=1.0, **({"trunc": cut} if cut else {}))
        for k in range(number):
            ratio = rng.uniform(0.4, 1.0)
            sheared = profile.shear(q=ratio, beta=0 * galsim.degrees)
            radius = _circle_of(ratio, index, cut)
            major = ratio**-0.5 / radius
            made.append(Source(f"{name} {k}", name, "smooth", "", sheared, radius, major=major))
    return made


def _circle_of(ratio: float, index: float, cut: float | None) -> float:
    """Radius of the circle that holds half of a Sersic profile of unit geometric-mean radius."""
    profile = galsim.Sersic(index, half_light_radius=1.0, **({"trunc": cut} if cut else {}))
    size, scale = 401, 0.05
    # In coordinates in which the profile is round, the circle is an ellipse.
    row, column = scale * (np.indices((size, size)) - size // 2)
    place = np.hypot(column * np.sqrt(ratio), row / np.sqrt(ratio))
    table = np.linspace(0.0, 1.0 + place.max(), 2000)
    values = np.array([profile.xValue(max(r, 0.02), 0.0) for r in table])
    light = np.interp(place, table, values).ravel()
    distance = np.hypot(column, row).ravel()
    order = np.argsort(distance)
    inside = np.cumsum(light[order]) * scale**2
    return float(np.interp(0.5, inside, distance[order]))


def draw_singles(
    sources: Sequence[Source],
    survey: Survey,
    snr: Sequence[float],
    radius: Sequence[float],
    seeing: Sequence[float],
    repeats: int,
    seed: int,
) -> Iterator[SingleScene]:
    """Draw each source alone, at every S/N, size and seeing.

    Parameters
    ----------
    sources : sequence of `Source`
        Those that would have to be stretched too far are left out of a size.
    survey, snr, radius, seeing, repeats, seed
        As of `~meas_blends.evaluation.skies.singles.singles`.

    Yields
    ------
    scene : `SingleScene`
    """
    for fwhm in seeing:
        seen = survey.replace(psf_fwhm=float(fwhm))
        for size in radius:
            rng = np.random.default_rng([seed, round(1000 * fwhm), round(1000 * size)])
            # A star has no size: it is drawn with the first of them.
            wanted = [
                one
                for one in sources
                if size <= one.largest and (one.radius > 0 or size == radius[0])
            ]
            rows = [one for one in wanted for _ in range(repeats)]
            if not rows:
                continue
            offsets = rng.uniform(-0.5, 0.5, (len(rows), 2))
            side = cell_side(seen, size)
            cells = [
                draw_profile(one.scaled(size, rng.uniform(0, 360)), seen, side, tuple(offset))
                for one, offset in zip(rows, offsets, strict=True)
            ]
            for ratio in snr:
                scaled = [scaled_to(cell, seen, ratio) for cell in cells]
                # The profile is of unit flux, whatever of it lies in the cell.
                photons = np.array(
                    [new.sum() / old.sum() for new, old in zip(scaled, cells, strict=True)]
                )
                name = f"single galaxies of S/N {ratio:g} and {size:g} arcsec"
                facts = {
                    "galaxy": [one.name for one in rows],
                    "sample": [one.sample for one in rows],
                    "kind": [one.kind for one in rows],
                    "half": [one.half for one in rows],
                    "snr": ratio,
                    "radius": [size if one.radius > 0 else 0.0 for one in rows],
                    "seeing": fwhm,
                }
                yield SingleScene(
                    make_mosaic(scaled, seen, rng, name),
                    offsets,
                    photons * seen.counts_per_photon,
                    size * np.array([one.major for one in rows]),
                    facts,
                )
