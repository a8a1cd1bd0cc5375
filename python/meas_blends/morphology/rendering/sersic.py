"""Fourier transforms of Sersic profiles of any index, tabulated once and shipped."""

from __future__ import annotations

import functools
import math
from importlib import resources

import numpy as np
import torch
from safetensors.numpy import load

__all__ = ["INDEX_RANGE", "SersicTables", "index_nodes", "log_k_grid", "make_transforms"]

#: Sersic indices that can be drawn.
INDEX_RANGE = (0.5, 6.0)

#: Chebyshev nodes in ln n. With 12 the transforms are good to 8e-6, which is
#: as well as GalSim's own are known.
_NODES = 12

#: Grid of ln(k r_e), r_e the half-light radius.
_LOG_LOW, _LOG_HIGH, _STEPS = math.log(1e-3), math.log(2000.0), 3200

_STEP = (_LOG_HIGH - _LOG_LOW) / (_STEPS - 1)

_FILE = "sersic.safetensors"


def index_nodes() -> np.ndarray:
    """Sersic indices of the tables' rows: Chebyshev nodes in ln n, (12,)."""
    low, high = np.log(INDEX_RANGE)
    cosines = -np.cos((2 * np.arange(_NODES) + 1) * np.pi / (2 * _NODES))
    return np.exp(0.5 * (low + high) + 0.5 * (high - low) * cosines)


def log_k_grid() -> np.ndarray:
    """Where the transforms are tabulated: ln(k r_e), (steps,)."""
    return np.linspace(_LOG_LOW, _LOG_HIGH, _STEPS)


def make_transforms(index: float, log_k: np.ndarray) -> np.ndarray:
    """Transform of a round Sersic profile of unit flux and half-light radius, by GalSim.

    The shipped file holds this for `index_nodes` on `log_k_grid`, in float32
    under the name ``transforms``. All of it takes half a minute.

    Parameters
    ----------
    index : `float`
        Sersic index.
    log_k : `numpy.ndarray`, (m,)
        ln(k r_e).

    Returns
    -------
    transform : `numpy.ndarray` of float32, (m,)
    """
    import galsim

    accuracy = galsim.GSParams(kvalue_accuracy=1e-8)
    profile = galsim.Sersic(n=float(index), half_light_radius=1.0, gsparams=accuracy)
    return np.array([profile.kValue(k, 0.0).real for k in np.exp(log_k)], np.float32)


@functools.cache
def _shipped() -> torch.Tensor:
    """The tables, (nodes, steps)."""
    data = resources.files(__package__).joinpath(_FILE).read_bytes()
    return torch.from_numpy(load(data)["transforms"])


@functools.cache
def _shipped_slopes() -> torch.Tensor:
    """What the nodes' weights and their rates are to be multiplied by, (2 nodes, steps * 3).

    For the transform and its derivatives by ln k and ln n, side by side.
    """
    values = _shipped()
    by_log_k = torch.gradient(values, spacing=_STEP, dim=1)[0]
    nothing = torch.zeros_like(values)
    of_weights = torch.stack([values, by_log_k, nothing], dim=2)
    of_rates = torch.stack([nothing, nothing, values], dim=2)
    return torch.cat([of_weights, of_rates]).flatten(1)


class SersicTables:
    """Transforms of unit-flux Sersic profiles against ln(k r_e), one row a galaxy.

    Between the nodes they are interpolated in ln n by Lagrange's polynomials.

    Parameters
    ----------
    index : `torch.Tensor`, (n,)
        Sersic indices, within `INDEX_RANGE`.
    slopes : `bool`, optional
        Are derivatives wanted too?
    """

    def __init__(self, index: torch.Tensor, slopes: bool = False) -> None:
        weights, rates = _lagrange(index.double())
        if slopes:
            rows = torch.cat([weights, rates], dim=1).float() @ _shipped_slopes().to(index.device)
        else:
            rows = weights.float() @ _shipped().to(index.device)
        self._flat = rows.view(-1, 3 if slopes else 1)
        rows = torch.arange(len(index), device=index.device, dtype=torch.int32)
        self._first = rows * _STEPS

    def __call__(self, log_k: torch.Tensor) -> torch.Tensor:
        """Look up, linearly between the steps; the ends stand for what lies beyond.

        Parameters
        ----------
        log_k : `torch.Tensor` of float32, (n, ...)
            ln(k r_e); is overwritten.

        Returns
        -------
        values : `torch.Tensor`, (n, ...)
        """
        place = self._place(log_k)
        low = place.to(torch.int32)
        place.sub_(low)
        low = self._row(low)
        flat = self._flat[:, 0]
        below = flat.index_select(0, low.view(-1))
        above = flat.index_select(0, low.add_(1).view(-1))
        return below.lerp_(above, place.view(-1)).view(place.shape)

    def with_slopes(self, log_k: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Look up with the derivatives by ln k and by ln n, of tables that have ``slopes``.

        All are those of the nearest step, the transform with the slope from there.

        Parameters
        ----------
        log_k : `torch.Tensor` of float32, (n, ...)
            ln(k r_e); is overwritten.

        Returns
        -------
        values, by_log_k, by_log_index : `torch.Tensor`, (n, ...)
        """
        place = self._place(log_k)
        near = place.round()
        off = place.sub_(near).mul_(_STEP)
        rows = self._flat.index_select(0, self._row(near.to(torch.int32)).view(-1))
        value, by_log_k, by_log_index = rows.view(*off.shape, 3).unbind(-1)
        return torch.addcmul(value, by_log_k, off), by_log_k, by_log_index

    def _place(self, log_k: torch.Tensor) -> torch.Tensor:
        """Place in the table, in steps."""
        return log_k.sub_(_LOG_LOW).mul_(1 / _STEP).clamp_(0.0, _STEPS - 1.001)

    def _row(self, place: torch.Tensor) -> torch.Tensor:
        """Row of all galaxies' tables."""
        return place.add_(self._first.view(-1, *[1] * (place.dim() - 1)))


def _lagrange(index: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights of the nodes and their derivatives by ln n, (n, nodes) each."""
    nodes, apart = (torch.from_numpy(part).to(index.device) for part in _node_factors())
    differences = torch.log(index)[:, None] - nodes
    one = torch.ones_like(differences[:, :1])
    # Products over all nodes before and after one, and their derivatives: no
    # quotients, which a node itself would divide by zero.
    before, after = [one], [one]
    before_rate, after_rate = [0 * one], [0 * one]
    for i in range(len(nodes) - 1):
        low, high = differences[:, i : i + 1], differences[:, -1 - i : len(nodes) - i]
        before_rate.append(before_rate[-1] * low + before[-1])
        before.append(before[-1] * low)
        after_rate.append(after_rate[-1] * high + after[-1])
        after.append(after[-1] * high)
    below, below_rate = torch.cat(before, dim=1), torch.cat(before_rate, dim=1)
    above, above_rate = torch.cat(after[::-1], dim=1), torch.cat(after_rate[::-1], dim=1)
    return below * above / apart, (below_rate * above + below * above_rate) / apart


@functools.cache
def _node_factors() -> tuple[np.ndarray, np.ndarray]:
    """ln n of the nodes, and the products of their distances from all others, (nodes,) each."""
    nodes = np.log(index_nodes())
    apart = nodes[:, None] - nodes[None, :]
    np.fill_diagonal(apart, 1.0)
    return nodes, apart.prod(axis=1)
