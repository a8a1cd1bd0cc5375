"""The fit of a blend: all objects in all bands at once. Needs scarlet2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scarlet2.renderer import Renderer

from .blends import Blend
from .profiles import N_SHAPE, normal_equations, profile_values, psf_renderer

__all__ = ["BlendFitter", "FittedBlend", "slots_for"]

#: Numbers of objects that the model is compiled for: fewer are filled up with dark ones.
_SLOTS = (1, 2, 4, 8, 16, 32)

#: A step that lowers chi^2 by less than this is the last: parameters are then
#: well within their errors.
_ENOUGH = 0.05

#: Nor can chi^2 in single precision be told better than to this part of it.
_PRECISION = 1e-5

#: Damping of the first step, its factors after a good and a bad one, and where to give up.
_DAMPING, _DOWN, _UP, _MOST = 1e-2, 0.2, 5.0, 1e7

#: Cost, chi^2 of the pixels, half the derivative of the cost, half its second, patterns.
_State = tuple[float, float, np.ndarray, np.ndarray, object]


@dataclass(frozen=True)
class FittedBlend:
    """The objects of one blend, in the order of its peaks.

    Parameters
    ----------
    x, y : `numpy.ndarray`, (n,)
        Centres [pixel of the cutout].
    fluxes, errors : `numpy.ndarray`, (n, C)
        In units of the cutout's noise. Never negative; 0 in a band without
        usable pixels. The errors are those
        of all parameters together, from the weights.
    radius, index, e1, e2 : `numpy.ndarray`, (n,)
        Sersic profile, see `~meas_blends.deblending.profiles.profile_values`.
    shapes : `numpy.ndarray`, (n, 6)
        The parameters that these come from.
    patterns : `numpy.ndarray` of float32, (n, C, side, side)
        Objects of unit flux as the bands' PSFs show them.
    chi2 : `float`
        A usable pixel.
    n_steps : `int`
        Of the fit.
    converged : `bool`
    """

    x: np.ndarray
    y: np.ndarray
    fluxes: np.ndarray
    errors: np.ndarray
    radius: np.ndarray
    index: np.ndarray
    e1: np.ndarray
    e2: np.ndarray
    shapes: np.ndarray
    patterns: np.ndarray
    chi2: float
    n_steps: int
    converged: bool

    @property
    def models(self) -> np.ndarray:
        """Images of the objects with their fluxes, (n, C, side, side)."""
        return self.patterns * self.fluxes[:, :, None, None].astype(np.float32)


class BlendFitter:
    """Fits one Sersic profile of one colour to each peak of a blend.

    Chi^2 and a weak prior are lowered by damped Gauss-Newton steps
    (Levenberg and Marquardt's) on all parameters of all objects, with fluxes
    kept from falling below zero.

    Parameters
    ----------
    psfs : sequence of `numpy.ndarray`, (odd, odd)
        PSF image of each band.
    psf_sigma : `float`
        Width of the narrowest [pixel].
    max_steps : `int`, optional
        Most steps.
    """

    def __init__(self, psfs: Sequence[np.ndarray], psf_sigma: float, max_steps: int = 50) -> None:
        self.psfs, self.psf_sigma, self.max_steps = psfs, float(psf_sigma), max_steps
        self._renderers: dict[int, Renderer] = {}

    def renderer(self, side: int) -> Renderer:
        """What renders cutouts of a side, see `psf_renderer`."""
        if side not in self._renderers:
            self._renderers[side] = psf_renderer(self.psfs, self.psf_sigma, side)
        return self._renderers[side]

    def fit(self, blend: Blend) -> FittedBlend:
        """Fit a blend.

        Parameters
        ----------
        blend : `~meas_blends.deblending.blends.Blend`

        Returns
        -------
        fitted : `FittedBlend`

        Raises
        ------
        FloatingPointError
            If chi^2 is not a number, or no pixel is usable.
        """
        n, n_bands = len(blend.x), len(self.psfs)
        n_usable = np.count_nonzero(blend.weights)
        if not n_usable:
            raise FloatingPointError("no pixel is usable")
        evaluate = self._evaluator(blend)
        slots = slots_for(n)
        values = np.zeros(slots * (N_SHAPE + n_bands))
        values[slots * N_SHAPE :].reshape(slots, n_bands)[:n] = self._first_fluxes(blend)
        # Dark objects and their parameters stay where they are.
        real = np.repeat(np.arange(slots) < n, N_SHAPE)
        real = np.append(real, np.repeat(np.arange(slots) < n, n_bands))
        values, state, n_steps, converged = self._descend(evaluate, values, real)
        _, chi2, _, curvature, patterns = state
        shapes = values[: slots * N_SHAPE].reshape(slots, N_SHAPE)[:n]
        fluxes = values[slots * N_SHAPE :].reshape(slots, n_bands)[:n]
        variance = np.zeros(len(values))
        variance[real] = np.diag(np.linalg.pinv(curvature[np.ix_(real, real)], hermitian=True))
        # Of a dark object's parameters rounding may leave less than nothing.
        variance = np.maximum(variance, 0.0)
        errors = np.sqrt(variance[slots * N_SHAPE :]).reshape(slots, n_bands)[:n]
        meant = {name: np.asarray(v) for name, v in profile_values(shapes, self.psf_sigma).items()}
        if not np.all(np.isfinite(errors)):
            raise FloatingPointError("errors are not numbers")
        return FittedBlend(
            x=blend.x + meant.pop("dx"),
            y=blend.y + meant.pop("dy"),
            fluxes=fluxes,
            errors=errors,
            shapes=shapes,
            patterns=np.asarray(patterns)[:n],
            chi2=chi2 / n_usable,
            n_steps=n_steps,
            converged=converged,
            **meant,
        )

    def _first_fluxes(self, blend: Blend) -> np.ndarray:
        """Fluxes of points as bright as the peaks' pixels, (n, C)."""
        side = blend.images.shape[-1]
        row, column = (np.clip(np.rint(v).astype(int), 0, side - 1) for v in (blend.y, blend.x))
        area = 4.0 * np.pi * self.psf_sigma**2
        first = np.maximum(blend.images[:, row, column].T * area, 1.0)
        # A band without usable pixels says nothing: it stays dark.
        return first * blend.weights.any(axis=(1, 2))

    def _evaluator(self, blend: Blend) -> Callable[[np.ndarray], _State]:
        """What gives the cost, chi^2 and derivatives of some parameters."""
        side, n_bands = blend.images.shape[-1], len(self.psfs)
        renderer = self.renderer(side)
        middle = np.stack([blend.y, blend.x], axis=1) - side // 2

        def evaluate(values: np.ndarray) -> _State:
            slots = len(values) // (N_SHAPE + n_bands)
            places = np.zeros((slots, 2), np.float32)
            places[: len(middle)] = middle
            n = slots * N_SHAPE
            chi2, gradient, curvature, patterns = normal_equations(
                values[:n].reshape(slots, N_SHAPE).astype(np.float32),
                values[n:].reshape(slots, n_bands).astype(np.float32),
                places,
                blend.images,
                blend.weights,
                renderer,
                self.psf_sigma,
            )
            chi2, gradient = float(chi2), np.array(gradient, float)
            curvature = np.array(curvature, float)
            # The prior: a standard normal distribution of each shape parameter.
            gradient[:n] += values[:n]
            curvature[np.arange(n), np.arange(n)] += 1.0
            return chi2 + float(np.sum(values[:n] ** 2)), chi2, gradient, curvature, patterns

        return evaluate

    def _descend(
        self,
        evaluate: Callable[[np.ndarray], _State],
        values: np.ndarray,
        real: np.ndarray,
    ) -> tuple[np.ndarray, _State, int, bool]:
        """Damped steps until chi^2 falls no more."""
        fluxes = np.arange(len(values)) >= len(values) // (N_SHAPE + len(self.psfs)) * N_SHAPE
        state = evaluate(values)
        damping = _DAMPING
        for step in range(1, self.max_steps + 1):
            cost, _, gradient, curvature, _ = state
            if not np.isfinite(cost):
                raise FloatingPointError("chi^2 is not a number")
            free = np.flatnonzero(real & ~(fluxes & (values <= 0) & (gradient > 0)))
            matrix = curvature[np.ix_(free, free)]
            damped = matrix + np.diag(damping * np.diag(matrix) + 1e-12)
            trial = values.copy()
            trial[free] -= np.linalg.solve(damped, gradient[free])
            trial[fluxes] = np.maximum(trial[fluxes], 0.0)
            tried = evaluate(trial)
            if tried[0] <= cost:
                values, state, damping = trial, tried, damping * _DOWN
                if cost - tried[0] < max(_ENOUGH, _PRECISION * cost):
                    return values, state, step, True
            else:
                damping *= _UP
                if damping > _MOST:
                    # No direction lowers it: float32 holds no more.
                    return values, state, step, True
        return values, state, self.max_steps, False


def slots_for(number: int) -> int:
    """Number of objects that a model is compiled for which has to hold so many."""
    return next((slots for slots in _SLOTS if slots >= number), number)
