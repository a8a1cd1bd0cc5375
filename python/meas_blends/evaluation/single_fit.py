"""The single bulge + disk galaxies that come closest to some images, many at once."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from ..simulation.profiles import sersic_transform

__all__ = ["BULGE_INDEX", "DISK_INDEX", "Waves", "fit_single_galaxies"]

BULGE_INDEX, DISK_INDEX = 4.0, 1.0

#: Half-light radii [pixel] and the flattest shape, (a - b) / (a + b) = 0.8,
#: between which galaxies are fitted.
_LEAST_RADIUS, _LARGEST_RADIUS = 0.03, 30.0
_FLATTEST = float(np.log(9.0))

#: Of an exponential disk, (k h)^2 in units of (k r_e)^2.
_DISK = 1.0 / 1.67834699**2

#: The bulge's transform is tabulated against log2(s^2) from here, so finely.
_LOG_MIN, _LOG_MAX, _PER_OCTAVE = -24.0, 24.0, 32

_MAX_STEPS = 100
#: A fit ends when two steps in a row gain less than this, or this share.
_GAIN, _RELATIVE_GAIN = 5e-4, 1e-4
_FIRST_DAMPING, _LEAST_DAMPING, _LARGEST_DAMPING = 1e-2, 1e-7, 1e6


@dataclass(frozen=True)
class Waves:
    """Plane waves that images are compared at, and how much each counts.

    Parameters
    ----------
    kx, ky : `numpy.ndarray` of float32, (K,)
        Wave numbers [1 / pixel], one of each opposite two.
    weight : `numpy.ndarray` of float32, (K,)
        ``chi^2 = sum(weight * |difference of transforms|^2)``.
    """

    kx: np.ndarray
    ky: np.ndarray
    weight: np.ndarray


def fit_single_galaxies(
    waves: Waves, data: np.ndarray, centre: np.ndarray, shapes: np.ndarray
) -> np.ndarray:
    """Fit one bulge + disk galaxy to each of some transforms.

    Both components share the centre; each has its own flux (not negative),
    radius, axis ratio and position angle. A point-symmetric galaxy at the
    centre has a real transform, so that with the phases of the centre taken
    out, the shapes act on the real part of the difference and the centre on
    its imaginary part: the Levenberg-Marquardt steps of the two are apart.
    The fluxes enter linearly and are solved for at every step.

    Parameters
    ----------
    waves : `Waves`
        Where the images are compared.
    data : `numpy.ndarray` of complex64, (n, K)
        Transforms of the images.
    centre : `numpy.ndarray`, (n, 2)
        Where to begin: x, y [pixel].
    shapes : `numpy.ndarray`, (n, 2, 3)
        Where to begin: ``xx``, ``xy``, ``yy`` of disk and bulge, see
        `~meas_blends.simulation.profiles.shape_matrix` [pixel^2].

    Returns
    -------
    chi2 : `numpy.ndarray`, (n,)
        At the minimum that each fit runs into.
    """
    centre = np.array(centre, float)
    theta = np.stack([_to_parameters(shapes[:, 0]), _to_parameters(shapes[:, 1])], axis=1)
    state = _evaluate(waves, data, centre, theta)
    result = state.chi2.copy()
    damping = np.full(len(data), _FIRST_DAMPING)
    idle = np.zeros(len(data), int)
    rows = np.arange(len(data))
    for _ in range(_MAX_STEPS):
        if len(rows) == 0:
            break
        step_centre, step_theta = state.step(theta, damping)
        trial_centre, trial_theta = centre + step_centre, theta + step_theta
        trial = _evaluate(waves, data, trial_centre, trial_theta)
        better = trial.chi2 < state.chi2
        gain = np.where(better, state.chi2 - trial.chi2, 0.0)
        small = gain < np.maximum(_GAIN, _RELATIVE_GAIN * state.chi2)
        idle = np.where(better, np.where(small, idle + 1, 0), idle)
        damping = np.where(better, damping * 0.2, damping * 8.0)
        damping = np.maximum(damping, _LEAST_DAMPING)
        centre = np.where(better[:, None], trial_centre, centre)
        theta = np.where(better[:, None, None], trial_theta, theta)
        state = state.replaced(trial, better)
        result[rows] = state.chi2
        going = (idle < 2) & (damping < _LARGEST_DAMPING) & (state.chi2 > _GAIN)
        rows, data, idle, damping = rows[going], data[going], idle[going], damping[going]
        centre, theta, state = centre[going], theta[going], state.select(going)
    return result


@dataclass(frozen=True)
class _State:
    """A fit's chi^2 and the normal equations at some parameters.

    The columns of ``normal`` are xx, xy, yy of the disk, of the bulge, and the
    two fluxes; those of ``centre_normal`` are x and y.
    """

    chi2: np.ndarray
    normal: np.ndarray
    gradient: np.ndarray
    centre_normal: np.ndarray
    centre_gradient: np.ndarray

    def step(self, theta: np.ndarray, damping: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Damped Gauss-Newton step of the centre, (n, 2), and of the shapes, (n, 2, 3)."""
        slopes = np.zeros((len(theta), 8, 8))
        slopes[:, :3, :3] = _slopes(theta[:, 0])
        slopes[:, 3:6, 3:6] = _slopes(theta[:, 1])
        slopes[:, 6:, 6:] = np.eye(2)
        normal = slopes.transpose(0, 2, 1) @ self.normal @ slopes
        gradient = np.einsum("nij,ni->nj", slopes, self.gradient)
        shapes = _solve(normal, gradient, damping)[:, :6].reshape(-1, 2, 3)
        return _solve(self.centre_normal, self.centre_gradient, damping), np.clip(shapes, -1, 1)

    def replaced(self, other: _State, where: np.ndarray) -> _State:
        """Take the other's rows where ``where`` is true."""
        pairs = zip(self._parts(), other._parts(), strict=True)
        return _State(*(np.where(where.reshape(-1, *(1,) * (a.ndim - 1)), b, a) for a, b in pairs))

    def select(self, keep: np.ndarray) -> _State:
        """Keep some rows."""
        return _State(*(part[keep] for part in self._parts()))

    def _parts(self) -> tuple[np.ndarray, ...]:
        return (
            self.chi2,
            self.normal,
            self.gradient,
            self.centre_normal,
            self.centre_gradient,
        )


def _solve(normal: np.ndarray, gradient: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """Solve the damped normal equations; a parameter without effect stays."""
    size = normal.shape[-1]
    diagonal = np.einsum("nii->ni", normal)
    scale = 1.0 / np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-30))
    scaled = normal * scale[:, :, None] * scale[:, None, :]
    scaled += damping[:, None, None] * np.eye(size)
    return scale * np.linalg.solve(scaled, (gradient * scale)[..., None])[..., 0]


def _evaluate(waves: Waves, data: np.ndarray, centre: np.ndarray, theta: np.ndarray) -> _State:
    """Chi^2 with the best fluxes, and the normal equations around it."""
    kx, ky, weight = waves.kx, waves.ky, waves.weight
    x, y = (centre[:, axis, None].astype(np.float32) for axis in (0, 1))
    turned = data * np.exp(np.complex64(1j) * (x * kx + y * ky))
    quadratic = np.stack([kx * kx, 2 * kx * ky, ky * ky])
    disk, disk_slope = _disk_transform(_to_shape(theta[:, 0]).astype(np.float32) @ quadratic)
    bulge, bulge_slope = _bulge_transform(_to_shape(theta[:, 1]).astype(np.float32) @ quadratic)
    profiles = np.stack([disk, bulge], axis=1)
    flux = _best_fluxes(profiles, turned.real, weight)
    model = np.einsum("nc,nck->nk", flux.astype(np.float32), profiles)
    real, imaginary = turned.real - model, turned.imag
    chi2 = (real**2 + imaginary**2) @ weight
    root = np.sqrt(weight)
    columns = np.empty((len(data), 8, len(kx)), np.float32)
    for part, slope in enumerate((disk_slope, bulge_slope)):
        slope *= flux[:, part, None].astype(np.float32) * root
        columns[:, 3 * part : 3 * part + 3] = slope[:, None, :] * quadratic
    columns[:, 6:] = profiles * root
    model *= root
    across = model[:, None, :] * np.stack([kx, ky])
    return _State(
        chi2.astype(float),
        (columns @ columns.transpose(0, 2, 1)).astype(float),
        (columns @ (real * root)[..., None])[..., 0].astype(float),
        (across @ across.transpose(0, 2, 1)).astype(float),
        -(across @ (imaginary * root)[..., None])[..., 0].astype(float),
    )


def _best_fluxes(profiles: np.ndarray, data: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Two fluxes, neither negative, that bring the profiles closest to the data, (n, 2)."""
    weighted = profiles * weight
    normal = (weighted @ profiles.transpose(0, 2, 1)).astype(float)
    right = (weighted @ data[..., None])[..., 0].astype(float)
    a, b, c = normal[:, 0, 0], normal[:, 0, 1], normal[:, 1, 1]
    determinant = np.maximum(a * c - b * b, 1e-9 * a * c)
    both = np.stack([c * right[:, 0] - b * right[:, 1], a * right[:, 1] - b * right[:, 0]], axis=1)
    both /= determinant[:, None]
    alone = np.maximum(right / np.stack([a, c], axis=1), 0.0)
    # Without one of the two, the other is on its own: the better one of them stays.
    better = alone * right == np.max(alone * right, axis=1, keepdims=True)
    return np.where((both >= 0).all(axis=1, keepdims=True), both, alone * better)


def _disk_transform(s_squared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Transform of an exponential disk of unit flux, and its derivative by s^2."""
    falling = 1.0 / (1.0 + np.float32(_DISK) * s_squared)
    value = falling * np.sqrt(falling)
    return value, np.float32(-1.5 * _DISK) * value * falling


def _bulge_transform(s_squared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Transform of a de Vaucouleurs bulge of unit flux, and its derivative by s^2."""
    table, slope = _bulge_table()
    floor = np.maximum(s_squared, np.float32(2.0**_LOG_MIN))
    position = (np.log2(floor) - np.float32(_LOG_MIN)) * np.float32(_PER_OCTAVE)
    position = np.minimum(position, np.float32(len(slope) - 1))
    cell = position.astype(np.int32)
    rise = slope[cell]
    value = table[cell] + (position - cell) * rise
    return value, rise * np.float32(_PER_OCTAVE / np.log(2.0)) / floor


@functools.cache
def _bulge_table() -> tuple[np.ndarray, np.ndarray]:
    """Values of the bulge's transform at equal steps of log2(s^2), and their differences."""
    steps = int((_LOG_MAX - _LOG_MIN) * _PER_OCTAVE)
    s_squared = 2.0 ** np.linspace(_LOG_MIN, _LOG_MAX, steps + 1)
    values = sersic_transform(s_squared.astype(np.float32), BULGE_INDEX)
    return values[:-1].copy(), np.diff(values)


def _to_shape(theta: np.ndarray) -> np.ndarray:
    """``xx``, ``xy``, ``yy`` of free parameters, (n, 3); every value is within the bounds."""
    middle = 0.5 * np.log(_LEAST_RADIUS * _LARGEST_RADIUS)
    half = 0.5 * np.log(_LARGEST_RADIUS / _LEAST_RADIUS)
    area = np.exp(2.0 * (middle + half * np.tanh(theta[:, 0])))
    length = np.maximum(np.hypot(theta[:, 1], theta[:, 2]), 1e-12)
    flattening = _FLATTEST * np.tanh(length)
    round_part = area * np.cosh(flattening)
    along, across = area * np.sinh(flattening) * theta[:, 1:].T / length
    return np.stack([round_part + along, across, round_part - along], axis=1)


def _to_parameters(shape: np.ndarray) -> np.ndarray:
    """Free parameters of ``xx``, ``xy``, ``yy``, moved well inside the bounds, (n, 3)."""
    middle = 0.5 * np.log(_LEAST_RADIUS * _LARGEST_RADIUS)
    half = 0.5 * np.log(_LARGEST_RADIUS / _LEAST_RADIUS)
    xx, xy, yy = np.asarray(shape, float).T
    area = np.sqrt(np.maximum(xx * yy - xy**2, _LEAST_RADIUS**4))
    radius = np.arctanh(np.clip((0.5 * np.log(area) - middle) / half, -0.9, 0.9))
    along, across = 0.5 * (xx - yy), xy
    length = np.maximum(np.hypot(along, across), 1e-12)
    flattening = np.arctanh(np.minimum(np.arcsinh(length / area) / _FLATTEST, 0.9))
    return np.stack([radius, flattening * along / length, flattening * across / length], axis=1)


def _slopes(theta: np.ndarray) -> np.ndarray:
    """Derivatives of ``xx``, ``xy``, ``yy`` by the free parameters, (n, 3, 3)."""
    step = 1e-5
    columns = []
    for axis in range(3):
        change = np.zeros(3)
        change[axis] = step
        columns.append((_to_shape(theta + change) - _to_shape(theta - change)) / (2 * step))
    return np.stack(columns, axis=2)
