"""Galaxies that are no sum of Sersic profiles: arms, bars, rings, knots, dust, shells, tails."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["KINDS", "Knots", "Structure", "draw_structure"]

#: Kinds of galaxies, and how often a disk or a spheroid is of each.
KINDS = {
    "smooth disk": (0.30, 0.0),
    "spiral": (0.34, 0.0),
    "edge-on": (0.12, 0.0),
    "irregular": (0.24, 0.0),
    "spheroid": (0.0, 0.75),
    "disturbed spheroid": (0.0, 0.25),
}

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
