"""Galaxies that are no sum of Sersic profiles: arms, bars, rings, knots, dust, shells, tails."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np
from scipy.special import expit, gammaincinv

__all__ = ["KINDS", "Structure", "draw_structure", "structure_light"]

#: Kinds of galaxies, and how often a disk or a spheroid is of each.
KINDS = {
    "smooth disk": (0.30, 0.0),
    "spiral": (0.34, 0.0),
    "edge-on": (0.12, 0.0),
    "irregular": (0.24, 0.0),
    "spheroid": (0.0, 0.75),
    "disturbed spheroid": (0.0, 0.25),
}

#: Side of the coarse image that a galaxy's half-light radius is measured on, and how far
#: it reaches in units of the radius that the parameters are in.
_COARSE, _COARSE_REACH = 64, 8.0

#: The middle of an image, a square of so many pixels, is sampled so many times finer.
_MIDDLE, _FINER = 5, 5

#: Width of what is a point, in elements of an image.
_POINT = 0.5

#: Distances from the centre count at least so much, in half-light radii.
_SOFT = 0.01

#: A galaxy flatter than this may be seen edge-on: axis ratio.
_EDGE_ON = 0.45


@dataclass(frozen=True)
class Knots:
    """Round Gaussian spots of light: clusters, giant H II regions, blobs of tails.

    Parameters
    ----------
    share : `numpy.ndarray`, (n,)
        Of the galaxy's light.
    u, v : `numpy.ndarray`, (n,)
        Centres in the frame of `Structure`.
    width : `numpy.ndarray`, (n,)
        Standard deviations, in the mean of the frame's units.
    """

    share: np.ndarray = field(default_factory=lambda: np.zeros(0))
    u: np.ndarray = field(default_factory=lambda: np.zeros(0))
    v: np.ndarray = field(default_factory=lambda: np.zeros(0))
    width: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __add__(self, other: Knots) -> Knots:
        return Knots(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in (of.name for of in fields(self))
            )
        )


@dataclass(frozen=True)
class Structure:
    """How one galaxy differs from a Sersic profile.

    In the frame in which its main component, disk or spheroid, is round and has a
    half-light radius of 1: ``u`` along the major axis, ``v`` along the minor one.

    Parameters
    ----------
    kind : `str`
        One of `KINDS`.
    index : `float`
        Sersic index of the main component.
    core : `float`
        Radius within which its profile is flat.
    break_radius, break_slope : `float`
        Beyond this radius distances count so many times: above 1 for a broken
        disk, below for an anti-truncated one.
    cut, cut_width : `float`
        Radius beyond which there is no light, and over how much it vanishes.
    boxiness : `float`
        Power of the generalised ellipses less 2: negative for disky isophotes.
    twist : `float`
        Turn of the isophotes [rad per e-folding of radius], of an axis ratio
        ``flattening`` in this frame.
    flattening : `float`
    lopsidedness, lopsided_angle : `float`
        Amplitude and direction of the first azimuthal mode of the radius.
    nucleus : `float`
        Share of the light that lies in a point at the centre.
    arms : `int`
        Number of spiral arms; 0 for none.
    arm_strength, arm_sharpness, arm_pitch, arm_phase, arm_start : `float`
        Contrast with the disk, concentration, cotangent of the pitch angle,
        position angle, and the radius from which on there are arms.
    dust_strength : `float`
        Optical depth in the inner edge of arms, or in an edge-on lane.
    lane_offset, lane_width : `float`
        Place and width of the lane across the disk.
    ring, ring_radius, ring_width : `float`
        Brightness of a ring relative to the disk's at its radius.
    bar, bar_length, bar_ratio, bar_angle : `float`
        Share of the light, half length, axis ratio and position angle.
    warp : `float`
        How far the plane bends beyond one radius.
    shells : `numpy.ndarray`, (n, 5)
        Radius, strength, position angle, angular width and depth of each.
    knots : `Knots`
        Spots of light, tails among them.
    """

    kind: str
    index: float = 1.0
    core: float = 0.0
    break_radius: float = 0.0
    break_slope: float = 1.0
    cut: float = np.inf
    cut_width: float = 0.1
    boxiness: float = 0.0
    twist: float = 0.0
    flattening: float = 1.0
    lopsidedness: float = 0.0
    lopsided_angle: float = 0.0
    nucleus: float = 0.0
    arms: int = 0
    arm_strength: float = 0.0
    arm_sharpness: float = 0.0
    arm_pitch: float = 0.0
    arm_phase: float = 0.0
    arm_start: float = 0.0
    dust_strength: float = 0.0
    lane_offset: float = 0.0
    lane_width: float = 0.1
    ring: float = 0.0
    ring_radius: float = 1.0
    ring_width: float = 0.1
    bar: float = 0.0
    bar_length: float = 0.5
    bar_ratio: float = 0.3
    bar_angle: float = 0.0
    warp: float = 0.0
    shells: np.ndarray = field(default_factory=lambda: np.zeros((0, 5)))
    knots: Knots = field(default_factory=Knots)


def draw_structure(seed: int, spheroid: bool, axis_ratio: float) -> Structure:
    """Draw the structure of a galaxy.

    The ranges are wide on purpose, as a classifier that learns from these galaxies
    shall meet no stranger ones: about those of galaxies in S4G (breaks, rings,
    lopsidedness; Salo et al. 2015, ApJS 219, 4; Munoz-Mateos et al. 2013, ApJ 771,
    59), of spiral arms (Savchenko et al. 2020, MNRAS 493, 390), of shells and tails
    (Duc et al. 2015, MNRAS 446, 120) and of cores (Lauer et al. 2007, ApJ 664, 226).

    Parameters
    ----------
    seed : `int`
        Decides it, with the other two.
    spheroid : `bool`
        Its light is mostly that of a bulge.
    axis_ratio : `float`
        Of its main component on the sky.

    Returns
    -------
    structure : `Structure`
    """
    rng = np.random.default_rng(seed)
    weights = np.array([share[spheroid] for share in KINDS.values()])
    if axis_ratio > _EDGE_ON:
        weights *= [name != "edge-on" for name in KINDS]
    kind = list(KINDS)[int(np.searchsorted(np.cumsum(weights), rng.uniform() * weights.sum()))]
    values: dict[str, object] = {
        "kind": kind,
        "boxiness": float(np.clip(0.25 * rng.standard_normal(), -0.5, 1.0)),
        "lopsidedness": 0.1 * abs(rng.standard_normal()),
        "lopsided_angle": rng.uniform(0, 2 * np.pi),
    }
    if rng.uniform() < 0.25:
        values["nucleus"] = _log_uniform(rng, 0.003, 0.08)
    if spheroid:
        values |= _spheroid(rng, kind)
    else:
        values |= _outer_disk(rng)
        values |= {"spiral": _spiral, "edge-on": _edge_on, "irregular": _irregular}.get(
            kind, _smooth_disk
        )(rng)
    return Structure(**values)


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


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _outer_disk(rng: np.random.Generator) -> dict[str, float]:
    """Where and how a disk ends: shares of Erwin et al. (2008, AJ 135, 20), cuts among them."""
    kind = rng.uniform()
    if kind < 0.3:
        return {
            "break_radius": rng.uniform(1.0, 2.5),
            "break_slope": rng.uniform(1.3, 4.0),
        }
    if kind < 0.45:
        return {"break_radius": rng.uniform(1.2, 3.0), "break_slope": rng.uniform(0.3, 0.8)}
    if kind < 0.7:
        cut = rng.uniform(1.5, 4.5)
        return {"cut": cut, "cut_width": cut * _log_uniform(rng, 0.005, 0.1)}
    return {}


def _smooth_disk(rng: np.random.Generator) -> dict[str, object]:
    values: dict[str, object] = {
        "index": float(np.clip(np.exp(0.4 * rng.standard_normal()), 0.3, 3.0))
    }
    if rng.uniform() < 0.3:
        values |= _ring(rng)
    if rng.uniform() < 0.35:
        values |= _bar(rng)
    return values


def _spiral(rng: np.random.Generator) -> dict[str, object]:
    arms = int(rng.choice([1, 2, 3, 4], p=[0.12, 0.58, 0.15, 0.15]))
    values: dict[str, object] = {
        "index": rng.uniform(0.6, 1.4),
        "arms": arms,
        "arm_strength": rng.uniform(0.1, 0.8),
        "arm_sharpness": rng.uniform(0.0, 2.5),
        "arm_pitch": (1 if rng.uniform() < 0.5 else -1) / np.tan(np.deg2rad(rng.uniform(9, 38))),
        "arm_phase": rng.uniform(0, 2 * np.pi),
        "arm_start": rng.uniform(0.1, 0.6),
    }
    if rng.uniform() < 0.4:
        values["dust_strength"] = rng.uniform(0.1, 1.0)
    if rng.uniform() < 0.2:
        values |= _ring(rng)
    if rng.uniform() < 0.4:
        values |= _bar(rng)
    number = int(_log_uniform(rng, 3, 60))
    radius = np.clip(rng.gamma(2.5, 0.45, number), 0.15, 4.0)
    arm = 2 * np.pi * rng.integers(arms, size=number) / arms
    angle = values["arm_phase"] + arm + values["arm_pitch"] * np.log(radius)
    angle += 0.3 * rng.standard_normal(number)
    values["knots"] = _knots(rng, _log_uniform(rng, 0.01, 0.2), radius, angle, 0.04)
    return values


def _edge_on(rng: np.random.Generator) -> dict[str, object]:
    values: dict[str, object] = {
        "index": rng.uniform(0.6, 1.5),
        "boxiness": rng.uniform(-0.5, 0.3),
        "warp": 0.35 * rng.standard_normal(),
    }
    if rng.uniform() < 0.6:
        values |= {
            "dust_strength": rng.uniform(0.2, 2.5),
            "lane_offset": 0.2 * rng.standard_normal(),
            "lane_width": rng.uniform(0.08, 0.4),
        }
    if rng.uniform() < 0.4:
        number = int(_log_uniform(rng, 3, 20))
        values["knots"] = _knots(
            rng,
            _log_uniform(rng, 0.01, 0.15),
            np.abs(1.2 * rng.standard_normal(number)),
            rng.integers(2, size=number) * np.pi + 0.1 * rng.standard_normal(number),
            0.05,
        )
    return values


def _irregular(rng: np.random.Generator) -> dict[str, object]:
    number = int(_log_uniform(rng, 4, 60))
    radius = np.hypot(*(rng.uniform(0.4, 1.0) * rng.standard_normal((2, number))))
    angle = rng.uniform(0, 2 * np.pi, number)
    return {
        "index": rng.uniform(0.4, 1.3),
        "lopsidedness": 0.3 * abs(rng.standard_normal()),
        "knots": _knots(rng, _log_uniform(rng, 0.03, 0.4), radius, angle, 0.06),
    }


def _spheroid(rng: np.random.Generator, kind: str) -> dict[str, object]:
    values: dict[str, object] = {
        "index": float(np.clip(3.5 * np.exp(0.45 * rng.standard_normal()), 0.8, 8.0))
    }
    if rng.uniform() < 0.25:
        values["core"] = _log_uniform(rng, 0.01, 0.25)
    if rng.uniform() < 0.3:
        cut = rng.uniform(2.5, 7.0)
        values |= {"cut": cut, "cut_width": cut * _log_uniform(rng, 0.005, 0.2)}
    if rng.uniform() < 0.4:
        values |= {"twist": 0.25 * rng.standard_normal(), "flattening": rng.uniform(0.7, 1.0)}
    if kind == "disturbed spheroid":
        if rng.uniform() < 0.6:
            number = rng.integers(1, 6)
            values["shells"] = np.stack(
                [
                    rng.uniform(0.8, 4.0, number),
                    rng.uniform(0.1, 0.8, number),
                    np.pi * rng.integers(2, size=number) + 0.3 * rng.standard_normal(number),
                    rng.uniform(0.2, 1.0, number),
                    rng.uniform(0.1, 0.6, number),
                ],
                axis=1,
            )
        if rng.uniform() < 0.6:
            values["knots"] = _tail(rng)
        if rng.uniform() < 0.4:
            values |= {
                "dust_strength": rng.uniform(0.2, 1.5),
                "lane_offset": 0.2 * rng.standard_normal(),
                "lane_width": rng.uniform(0.06, 0.25),
            }
    return values


def _ring(rng: np.random.Generator) -> dict[str, float]:
    radius = rng.uniform(0.5, 2.0)
    return {
        "ring": _log_uniform(rng, 0.1, 1.0),
        "ring_radius": radius,
        "ring_width": radius * rng.uniform(0.05, 0.25),
    }


def _bar(rng: np.random.Generator) -> dict[str, float]:
    return {
        "bar": _log_uniform(rng, 0.03, 0.3),
        "bar_length": rng.uniform(0.3, 1.2),
        "bar_ratio": rng.uniform(0.15, 0.45),
        "bar_angle": rng.uniform(0, np.pi),
    }


def _knots(
    rng: np.random.Generator, share: float, radius: np.ndarray, angle: np.ndarray, most: float
) -> Knots:
    """Spots of a power-law luminosity function, none with more than a share of the galaxy."""
    number = len(radius)
    # Brighter where the disk is: a bright spot far out is another galaxy.
    light = rng.uniform(0.0, 1.0, number) ** -0.8 * np.exp(-radius)
    light = np.minimum(share * light / light.sum(), most)
    width = np.exp(rng.uniform(np.log(0.02), np.log(0.15), number))
    return Knots(light, radius * np.cos(angle), radius * np.sin(angle), width)


def _tail(rng: np.random.Generator) -> Knots:
    """A stream of light that leaves the galaxy on a curve."""
    number = 24
    along = np.linspace(0.0, 1.0, number)
    radius = 1.0 + along * rng.uniform(1.5, 5.0)
    angle = rng.uniform(0, 2 * np.pi) + along * rng.uniform(-2.0, 2.0)
    share = _log_uniform(rng, 0.01, 0.1) * np.exp(-along * rng.uniform(0.0, 2.0))
    width = np.full(number, rng.uniform(0.12, 0.35))
    return Knots(share / number, radius * np.cos(angle), radius * np.sin(angle), width)


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
    light: np.ndarray, smooth: object, centre: tuple[float, float], pitch: float
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
