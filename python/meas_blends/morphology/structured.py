"""Noisy stamps of galaxies with arms, bars, knots, cuts and tails, of known flux and radius."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy import fft

from ..simulation.structure import draw_structure
from ..simulation.structure_light import structure_light
from .galaxies import GalaxySample
from .populations import LogUniform, Table1, draw_galaxies
from .rendering.psf import PsfTransform
from .simulate import SimulatedStamps, StampSimulator

__all__ = ["StructuredGalaxies", "StructuredSimulator"]

#: Half-light radii of the main component across the square that a galaxy is drawn on, and
#: elements across it.
_REACH, _ELEMENTS = 12.0, 256

#: Least room around the stamp for what blurring wraps around [pixel].
_MARGIN = 16

#: S/N of galaxies that are drawn by their flux.
_BRIGHT = (50.0, 3e4)

#: Steps about a half-light radius between which it is interpolated.
_STEPS = (0.94, 1.0, 1.06)


@dataclass(frozen=True)
class StructuredGalaxies:
    """Disks and spheroids to be given structure, over the range of a survey.

    Disks have a small bulge and spheroids a large disk in one half of the
    cases. How often which are drawn is no statement about the sky: all that may be
    met is to be there.

    Parameters
    ----------
    radius : `tuple` [`float`, `float`]
        Half-light radius of the main component, major axis [arcsec]; log-uniform.
    signal_to_noise : `tuple` [`float`, `float`]
        As of `~meas_blends.morphology.populations.LogUniform`.
    spheroids : `float`
        Share of spheroids.
    """

    radius: tuple[float, float] = (0.1, 2.5)
    signal_to_noise: tuple[float, float] = (5.0, 3000.0)
    spheroids: float = 0.35

    @classmethod
    def like(cls, population: LogUniform | Table1) -> StructuredGalaxies:
        """Those of the radii of a population, and of its S/N where it has one."""
        signal = getattr(population, "signal_to_noise", _BRIGHT)
        return cls(population.radius, signal)

    def draw(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        """Draw the columns of a `GalaxySample` that concern the galaxy."""
        columns = LogUniform(radius=self.radius, signal_to_noise=self.signal_to_noise).draw(rng, n)
        spheroid = rng.uniform(size=n) < self.spheroids
        lesser = np.where(rng.uniform(size=n) < 0.5, 0.0, rng.uniform(0.0, 0.5, n))
        main = columns["disk_radius"]
        ratio = rng.uniform(np.where(spheroid, 0.4, 0.15), 1.0)
        return columns | {
            "bulge_to_total": np.where(spheroid, 1.0 - lesser, lesser),
            "bulge_radius": np.where(spheroid, main, main * rng.uniform(0.1, 0.6, n)),
            "disk_radius": np.where(spheroid, main * rng.uniform(1.0, 3.0, n), main),
            "bulge_axis_ratio": np.where(spheroid, ratio, columns["bulge_axis_ratio"]),
            "disk_axis_ratio": np.where(spheroid, columns["disk_axis_ratio"], ratio),
        }


class StructuredSimulator(StampSimulator):
    """Draws galaxies with structure and simulates their stamps, as `StampSimulator` does.

    The flux of a galaxy is all of its light, and its radius the semi-major axis
    of the ellipse, of the shape of the main component, that holds half of it.
    """

    population: StructuredGalaxies

    def draw(self, rng: np.random.Generator, n: int) -> SimulatedStamps:
        """Draw galaxies and simulate their stamps."""
        sample = draw_galaxies(rng, n, self.population, self.conditions)
        numbers = rng.integers(1, 2**31, n)
        drawn = [self._draw_one(sample.select(slice(i, i + 1)), numbers[i]) for i in range(n)]
        shapes = torch.from_numpy(np.array([light for light, _ in drawn], np.float32))
        radius = np.array([radius for _, radius in drawn])
        return self.observe_light(rng, sample, shapes.to(self.device), radius)

    def _draw_one(self, sample: GalaxySample, number: int) -> tuple[np.ndarray, float]:
        """Light of a galaxy through its PSF (size, size), and its half-light radius [pixel]."""
        one = {name: float(values[0]) for name, values in vars(sample).items()}
        scale, bulge = one["pixel_scale"], one["bulge_to_total"]
        spheroid = bulge > 0.5
        main, other = ("bulge", "disk") if spheroid else ("disk", "bulge")
        matrices = {
            part: _matrix(
                one[f"{part}_radius"] / scale, one[f"{part}_axis_ratio"], one[f"{part}_angle"]
            )
            for part in (main, other)
        }
        share = 1.0 - bulge if spheroid else bulge
        radius = one[f"{main}_radius"] / scale
        pitch = _REACH * radius / _ELEMENTS
        centre = (_ELEMENTS // 2 * pitch,) * 2
        light = structure_light(
            draw_structure(number, spheroid, one[f"{main}_axis_ratio"]),
            matrices[main],
            (share, one[f"{other}_n"], matrices[other]),
            centre,
            _ELEMENTS,
            pitch,
        )
        half = _half_light(light, matrices[main], pitch) * radius
        place = pitch * (np.arange(_ELEMENTS) - _ELEMENTS // 2)
        seen = _seen(
            light, place + one["dx"], place + one["dy"], one["psf_fwhm"] / scale, self.size
        )
        return seen, half


def _matrix(radius: float, axis_ratio: float, angle: float) -> tuple[float, float, float]:
    """``xx``, ``xy``, ``yy`` of `~meas_blends.simulation.profiles.shape_matrix`, by major axis."""
    major, minor = radius**2, (radius * axis_ratio) ** 2
    cosine, sine = np.cos(angle), np.sin(angle)
    return (
        major * cosine**2 + minor * sine**2,
        (major - minor) * cosine * sine,
        major * sine**2 + minor * cosine**2,
    )


def _half_light(light: np.ndarray, matrix: tuple[float, float, float], pitch: float) -> float:
    """Semi-major axis of the ellipse that holds half of the light, in units of the matrix's."""
    xx, xy, yy = matrix
    area = np.sqrt(xx * yy - xy**2)
    x = pitch * (np.arange(len(light)) - len(light) // 2) / area
    y = x[:, None]
    along_x, along_y = yy * x - xy * y, xx * y - xy * x
    distance = np.sqrt(np.maximum(x * along_x + y * along_y, 1e-12))
    # How much the distance changes across an element.
    width = np.maximum(pitch / area * np.hypot(along_x, along_y) / distance, pitch * 1e-3)
    order = np.argsort(distance, axis=None)
    inside = np.cumsum(light.ravel()[order])
    total = inside[-1]
    first = np.interp(0.5 * total, inside, distance.ravel()[order])
    steps = first * np.array(_STEPS)
    # An element that the ellipse cuts counts in proportion.
    held = [(light * np.clip(0.5 + (r - distance) / width, 0.0, 1.0)).sum() for r in steps]
    return float(np.interp(0.5 * total, held, steps))


def _seen(light: np.ndarray, x: np.ndarray, y: np.ndarray, fwhm: float, size: int) -> np.ndarray:
    """Blur light by a Kolmogorov PSF and the pixel.

    Parameters
    ----------
    light : `numpy.ndarray`, (n, n)
    x, y : `numpy.ndarray`, (n,)
        Where its elements lie, off the centre of the stamp's pixel
        ``[size // 2, size // 2]`` [pixel].
    fwhm : `float`
        Of the PSF before the pixel [pixel].
    size : `int`
        Side of the stamp [pixel].

    Returns
    -------
    image : `numpy.ndarray`, (size, size)
    """
    side = fft.next_fast_len(int(np.ceil(max(size + _MARGIN, x[-1] - x[0]))))
    side += side % 2
    along, up = (np.float32(2 * np.pi * f(side)) for f in (np.fft.rfftfreq, np.fft.fftfreq))
    # A sum over the elements wherever they lie, no transform on their grid.
    waves_x = np.exp(-1j * np.outer(along, x + side // 2)).astype(np.complex64)
    waves_y = np.exp(-1j * np.outer(up, y + side // 2)).astype(np.complex64)
    spectrum = waves_y @ light.astype(np.complex64) @ waves_x.T
    psf, _ = PsfTransform.kolmogorov(torch.tensor([fwhm]))(
        torch.from_numpy(along)[None], torch.from_numpy(up)[None]
    )
    pixel = np.sinc(along / (2 * np.pi)) * np.sinc(up / (2 * np.pi))[:, None]
    image = fft.irfft2(spectrum * psf[0, 0].numpy() * pixel, s=(side, side))
    first = side // 2 - size // 2
    return image[first : first + size, first : first + size]
