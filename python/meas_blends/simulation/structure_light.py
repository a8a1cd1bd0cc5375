"""The light of galaxies with structure, before any PSF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, gammaincinv

from .structure import Structure

__all__ = ["structure_light"]

#: Side of the coarse image that a galaxy's half-light radius is measured on, and how far
#: it reaches in units of the radius that the parameters are in.
_COARSE, _COARSE_REACH = 64, 8.0

#: The middle of an image, a square of so many pixels, is sampled so many times finer.
_MIDDLE, _FINER = 5, 5

#: Width of what is a point, in elements of an image.
_POINT = 0.5

#: Distances from the centre count at least so much, in half-light radii.
_SOFT = 0.01


def structure_light(
    structure: Structure,
    matrix: tuple[float, float, float],
    second: tuple[float, float, tuple[float, float, float]],
    centre: tuple[float, float],
    size: int,
    pitch: float,
) -> np.ndarray:
    """Draw a galaxy before any PSF.

    Parameters
    ----------
    structure : `Structure`
        What it looks like.
    matrix : `tuple` [`float`, `float`, `float`]
        ``xx``, ``xy``, ``yy`` of `~meas_blends.simulation.profiles.shape_matrix`
        of its main component [pixel^2]. The half-light radius of the whole main
        component, with all its structure, is that of the matrix.
    second : `tuple`
        Share of the light, Sersic index and matrix of a second component, the
        bulge of a disk or the disk of a spheroid.
    centre : `tuple` [`float`, `float`]
        ``(x, y)`` of the galaxy's centre [pixel], 0 at the middle of the image's
        first element.
    size : `int`
        Side of the image.
    pitch : `float`
        Side of one of its elements [pixel].

    Returns
    -------
    light : `numpy.ndarray` of float64, (size, size)
        Light in each element; its sum is 1.
    """
    share, second_index, second_matrix = second
    scale, main_total = _measured_radius(structure), _total(structure)
    turn, major, minor = _axes(matrix)
    frame = _Frame(turn, major / scale, minor / scale)
    coordinate = pitch * np.arange(size)
    x, y = coordinate - centre[0], (coordinate - centre[1])[:, None]

    def smooth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Brightness of all but nucleus and spots."""
        light = _main(structure, *frame.place(x, y))
        if share > 0:
            squared = _squared_radius(second_matrix, x, y)
            second = _sersic(np.sqrt(squared + _SOFT**2), second_index)
            second *= share / (_sersic_total(second_index) * np.sqrt(_determinant(second_matrix)))
            area = frame.major * frame.minor * main_total
            light = (1.0 - share) * light / area + second
        return light

    light = smooth(x, y)
    _refine_middle(light, smooth, centre, pitch)
    light *= (1.0 - structure.nucleus - structure.knots.share.sum()) / light.sum()
    if structure.nucleus > 0:
        light += structure.nucleus * _spots(
            coordinate, np.array([centre]), np.full(1, _POINT * pitch), np.ones(1)
        )
    knots = structure.knots
    if len(knots.share):
        places = np.stack(frame.back(knots.u, knots.v), axis=1) + np.array(centre)
        width = np.maximum(knots.width * frame.mean, _POINT * pitch)
        light += _spots(coordinate, places, width, knots.share)
    return light / light.sum()


@dataclass(frozen=True)
class _Frame:
    """From pixels to the frame in which a galaxy is round and of unit radius, and back."""

    turn: float
    major: float
    minor: float

    @property
    def mean(self) -> float:
        return float(np.sqrt(self.major * self.minor))

    def place(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cosine, sine = np.cos(self.turn), np.sin(self.turn)
        return (x * cosine + y * sine) / self.major, (y * cosine - x * sine) / self.minor

    def back(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        cosine, sine = np.cos(self.turn), np.sin(self.turn)
        u, v = u * self.major, v * self.minor
        return u * cosine - v * sine, u * sine + v * cosine


def _axes(matrix: tuple[float, float, float]) -> tuple[float, float, float]:
    """Position angle [rad] and half-light axes of a shape matrix."""
    xx, xy, yy = matrix
    half_trace, half_difference = 0.5 * (xx + yy), np.hypot(0.5 * (xx - yy), xy)
    turn = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    least = max(half_trace - half_difference, 1e-6 * half_trace)
    return float(turn), float(np.sqrt(half_trace + half_difference)), float(np.sqrt(least))


def _squared_radius(matrix: tuple[float, float, float], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Square of the elliptical distance, in units of the half-light radius."""
    xx, xy, yy = matrix
    return (yy * x**2 - 2.0 * xy * x * y + xx * y**2) / _determinant(matrix)


def _determinant(matrix: tuple[float, float, float]) -> float:
    xx, xy, yy = matrix
    return max(xx * yy - xy**2, 1e-12)


def _main(s: Structure, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Brightness of the main component without its spots."""
    if s.warp:
        v = v - s.warp * np.sign(u) * np.maximum(np.abs(u) - 1.0, 0.0) ** 2
    angle = np.arctan2(v, u)
    radius = np.hypot(u, v)
    if s.twist:
        turn = s.twist * np.clip(np.log(np.maximum(radius, 1e-3)), -2.0, 2.0)
        along, across = radius * np.cos(angle - turn), radius * np.sin(angle - turn)
        ratio = np.sqrt(s.flattening)
        shape = np.hypot(along * ratio, across / ratio)
    elif s.boxiness:
        power = 2.0 + s.boxiness
        shape = (np.abs(u) ** power + np.abs(v) ** power) ** (1.0 / power)
    else:
        shape = radius
    if s.lopsidedness:
        away = s.lopsidedness * np.cos(angle - s.lopsided_angle) * radius / (radius + 0.5)
        shape = shape / np.maximum(1.0 + away, 0.3)
    light = _radial(s, shape)
    if s.arms:
        light = light * _arms(s, radius, angle)
    if s.ring:
        height = _radial(s, np.array(s.ring_radius))
        light = light + s.ring * height * np.exp(
            -0.5 * ((shape - s.ring_radius) / s.ring_width) ** 2
        )
    if s.bar:
        light = light + _bar_light(s, u, v)
    if s.dust_strength and not s.arms:
        lane = np.exp(-0.5 * ((v - s.lane_offset) / s.lane_width) ** 2)
        light = light * np.exp(-s.dust_strength * lane * np.exp(-(radius**2) / 4.0))
    for at, strength, position, width, depth in s.shells:
        across = (np.angle(np.exp(1j * (angle - position))) / width) ** 2
        inside = expit((at - shape) / 0.02) * np.exp(-np.clip(at - shape, 0.0, None) / depth)
        light = light * (1.0 + strength * inside * np.exp(-0.5 * across))
    return light


def _radial(s: Structure, radius: np.ndarray) -> np.ndarray:
    """The main component's profile, cored, broken and cut."""
    distance = np.hypot(radius, max(s.core, _SOFT))
    if s.break_slope != 1.0:
        beyond = 0.1 * np.logaddexp(0.0, (distance - s.break_radius) / 0.1)
        distance = distance + (s.break_slope - 1.0) * beyond
    light = _sersic(distance, s.index)
    if np.isfinite(s.cut):
        light = light * expit((s.cut - radius) / s.cut_width)
    return light


def _arms(s: Structure, radius: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Factor of the spiral arms, and of the dust along their inner edges."""
    phase = s.arms * (angle - s.arm_phase - s.arm_pitch * np.log(np.maximum(radius, 1e-2)))
    window = expit((radius - s.arm_start) / 0.1)
    wave = np.cos(phase)
    if s.arm_sharpness > 0.05:
        crest = np.exp(s.arm_sharpness * (wave - 1.0))
        mean = np.exp(-s.arm_sharpness) * np.i0(s.arm_sharpness)
        wave = np.clip(crest / mean - 1.0, -1.0, 4.0)
    factor = 1.0 + s.arm_strength * window * wave
    if s.dust_strength:
        factor = factor * np.exp(
            -s.dust_strength * window * np.exp(4.0 * (np.cos(phase - 1.0) - 1.0))
        )
    return np.maximum(factor, 0.0)


def _bar_light(s: Structure, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """A flat bar that holds its share of the main component's light."""
    cosine, sine = np.cos(s.bar_angle), np.sin(s.bar_angle)
    along, across = np.abs(u * cosine + v * sine), np.abs(v * cosine - u * sine) / s.bar_ratio
    radius = (along**2.5 + across**2.5) ** 0.4 / s.bar_length
    # The integral of exp(-r^4) over the generalised ellipse is some 2.9 half axes squared.
    brightness = s.bar / (1.0 - s.bar) * _total(s) / (2.9 * s.bar_length**2 * s.bar_ratio)
    return brightness * np.exp(-(np.minimum(radius, 3.0) ** 4))


def _sersic(radius: np.ndarray, index: float) -> np.ndarray:
    return np.exp(-gammaincinv(2.0 * index, 0.5) * radius ** (1.0 / index))


def _sersic_total(index: float) -> float:
    """Integral of `_sersic` over the plane."""
    radius = np.geomspace(1e-4, 60.0, 600)
    return float(np.trapezoid(2.0 * np.pi * radius**2 * _sersic(radius, index), np.log(radius)))


def _total(s: Structure) -> float:
    """Integral of the main component's profile over its plane, without arms and the like."""
    radius = np.geomspace(1e-3, 30.0, 300)
    return float(np.trapezoid(2.0 * np.pi * radius**2 * _radial(s, radius), np.log(radius)))


def _measured_radius(s: Structure) -> float:
    """Radius that holds half of the main component's light, spots included."""
    step = 2.0 * _COARSE_REACH / _COARSE
    # Finer towards the middle, where half of the light lies.
    grid = np.linspace(-1.0, 1.0, _COARSE + 1)
    edges = _COARSE_REACH * np.sign(grid) * np.abs(grid) ** 2
    middle, width = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
    light = _main(s, middle, middle[:, None]) * width * width[:, None]
    light *= (1.0 - s.nucleus - s.knots.share.sum()) / light.sum()
    radius = np.concatenate(
        [np.hypot(middle, middle[:, None]).ravel(), np.hypot(s.knots.u, s.knots.v), [0.0]]
    )
    share = np.concatenate([light.ravel(), s.knots.share, [s.nucleus]])
    order = np.argsort(radius)
    within = np.cumsum(share[order])
    return float(np.clip(np.interp(0.5, within, radius[order]), 0.05 * step, None))


def _refine_middle(
    light: np.ndarray,
    smooth: Callable[[np.ndarray, np.ndarray], np.ndarray],
    centre: tuple[float, float],
    pitch: float,
) -> None:
    """Replace the middle's point samples by means over finer ones: a cusp lies there."""
    column, row = (round(of / pitch) for of in centre)
    half = _MIDDLE // 2
    if min(column, row) < half or max(column, row) + half >= len(light):
        return
    step = (np.arange(_FINER) + 0.5) / _FINER - 0.5
    x = (np.arange(column - half, column + half + 1)[:, None] + step).ravel() * pitch - centre[0]
    y = (np.arange(row - half, row + half + 1)[:, None] + step).ravel() * pitch - centre[1]
    fine = smooth(x, y[:, None]).reshape(_MIDDLE, _FINER, _MIDDLE, _FINER).mean(axis=(1, 3))
    light[row - half : row + half + 1, column - half : column + half + 1] = fine


def _spots(
    coordinate: np.ndarray, places: np.ndarray, width: np.ndarray, share: np.ndarray
) -> np.ndarray:
    """Round Gaussians that hold shares of the light."""
    across_x, across_y = (
        np.exp(-0.5 * ((coordinate - places[:, [axis]]) / width[:, None]) ** 2) for axis in (0, 1)
    )
    step = coordinate[1] - coordinate[0]
    height = share * step**2 / (2.0 * np.pi * width**2)
    return (height[:, None] * across_y).T @ across_x
