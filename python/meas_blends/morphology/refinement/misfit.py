"""What a model that does not fit is off by, learned from galaxies with structure."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.special import logit
from torch import nn

from ..calibration import Calibration
from ..posterior import BULGE_LIMIT, NORMAL_QUANTILES, Posterior
from .residuals import N_FEATURES, Residuals

__all__ = ["MisfitMap"]

#: Units of the hidden layers.
_HIDDEN = (48, 32)

#: Features count as far as this many standard deviations from their mean.
_FAR = 4.0

#: Networks, whose answers are mixed.
_MEMBERS = 5

#: Largest bias, in units of the further scatter, and range of ln of that.
_MOST, _LOG_RANGE = 2.0, (-9.0, 1.5)

#: How it is learned: passes, galaxies of a step, step length, weight decay, degrees of freedom of
#: the distribution of errors, share of galaxies that say which pass was the best.
_EPOCHS, _BATCH, _RATE, _DECAY, _FREEDOM, _APART = 80, 256, 3e-3, 3e-4, 5.0, 0.15

#: Galaxies, fewer of which say nothing of tails.
_LEAST_KNOWN = 50

#: Share of the galaxies that the last step, the tails, is learned from.
_TAILS = 0.35

#: Significance of a misfit up to which B/T is left alone: it is that of a bulge and a disk
#: that the pixels agree with.
_TELLING = 3.0

#: Narrower posteriors are points.
_NO_WIDTH = 1e-4

#: Where a B/T of 0 or 1 lies, so that rounding leaves none beyond.
_LIMIT = float(logit(1 - BULGE_LIMIT)) + 1e-9


@dataclass(frozen=True)
class MisfitMap:
    """From what fits leave behind to how far their posteriors are off.

    A few small networks read `Residuals.features` and give, for each target in
    the transformed space, a further scatter, which is added to the
    posterior in quadrature, and a bias of up to twice that, which counts by
    the share of the further scatter in the variance of both. Where
    residuals are those of noise, both vanish; where the networks differ, as
    for galaxies unlike all that they have learned from, the scatter has that
    in it. What tails are left is calibrated by how much wider posteriors have
    become. B/T is touched only where a misfit is seen.

    Parameters
    ----------
    mean, scale : `numpy.ndarray`, (N_FEATURES,)
        That the features are standardised by.
    networks : `tuple` of `tuple` of (`numpy.ndarray`, `numpy.ndarray`)
        Of each network, weights, (out, in), and offsets of its layers.
    tails : `tuple` [`~meas_blends.morphology.calibration.Calibration`, ...]
        Of each target, by the width over that before; empty: none.
    """

    mean: np.ndarray
    scale: np.ndarray
    networks: tuple[tuple[tuple[np.ndarray, np.ndarray], ...], ...]
    tails: tuple[Calibration, ...] = ()

    @classmethod
    def learn(
        cls,
        posterior: Posterior,
        truth: np.ndarray,
        residuals: Residuals,
        seed: Sequence[int],
        bins: int = 10,
    ) -> MisfitMap:
        """Learn it from fits of galaxies of known truth, with structure and without.

        Parameters
        ----------
        posterior : `~meas_blends.morphology.posterior.Posterior`
            Of ``n`` fits, calibrated for galaxies that the model describes.
        truth : `numpy.ndarray`, (n, 3)
            In the transformed space.
        residuals : `~meas_blends.morphology.refinement.residuals.Residuals`
        seed : sequence of `int`
            One seed, one map.
        bins : `int`, optional
            Bins of the width over that before, in which tails are calibrated.
        """
        features = residuals.features
        known = np.ones(truth.shape, bool)
        known[:, 0] = residuals.significance > _TELLING
        rng = np.random.default_rng(list(seed))
        order = rng.permutation(len(truth))
        last = order[: round(_TAILS * len(order))]
        first = order[len(last) :]
        mean, scale = features[first].mean(axis=0), features[first].std(axis=0) + 1e-3
        examples = (
            _standard(features[first], mean, scale),
            truth[first] - posterior.quantiles[first, :, 3],
            _width(posterior.select(first)),
            known[first],
        )
        networks = tuple(_fit(*examples, int(rng.integers(2**31))) for _ in range(_MEMBERS))
        learned = cls(mean, scale, networks)
        wider, ratio = learned._widen(posterior.select(last), residuals.select(last))
        return cls(
            mean,
            scale,
            networks,
            tuple(
                Calibration.learn(wider.quantiles[rows], truth[last[rows]], ratio[rows, i], bins)
                for i, rows in enumerate(_enough(known[last]).T)
            ),
        )

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], name: str) -> MisfitMap:
        """Undo `to_arrays`.

        Raises
        ------
        KeyError, TypeError
            If arrays are missing, or of shapes that make no map.
        """
        mean, scale = arrays[f"{name}.mean"], arrays[f"{name}.scale"]
        sizes = (N_FEATURES, *_HIDDEN, 6)
        networks, member = [], 0
        while not networks or f"{name}.{member}.0.weight" in arrays:
            layers = []
            for i, shape in enumerate(zip(sizes[1:], sizes[:-1], strict=True)):
                weight, bias = (
                    arrays[f"{name}.{member}.{i}.{part}"] for part in ("weight", "bias")
                )
                if weight.shape != shape or bias.shape != shape[:1]:
                    raise TypeError(f"{name}: a layer of shape {weight.shape}")
                layers.append((weight, bias))
            networks.append(tuple(layers))
            member += 1
        if mean.shape != (N_FEATURES,) or scale.shape != mean.shape:
            raise TypeError(f"{name}: {mean.shape} features")
        tails = []
        for i in range(3):
            log_width, quantiles = (
                arrays[f"{name}.tails.{i}.{part}"] for part in ("log_width", "quantiles")
            )
            if quantiles.shape != (len(log_width), 3, len(NORMAL_QUANTILES)):
                raise TypeError(f"{name}: tails of shape {quantiles.shape}")
            tails.append(Calibration(log_width, quantiles))
        return cls(mean, scale, tuple(networks), tuple(tails))

    def to_arrays(self, name: str) -> dict[str, np.ndarray]:
        """Arrays of a model package, their names beginning with ``name``."""
        arrays = {f"{name}.mean": self.mean, f"{name}.scale": self.scale}
        for member, layers in enumerate(self.networks):
            for i, (weight, bias) in enumerate(layers):
                arrays[f"{name}.{member}.{i}.weight"] = weight
                arrays[f"{name}.{member}.{i}.bias"] = bias
        for i, tail in enumerate(self.tails):
            arrays[f"{name}.tails.{i}.log_width"] = tail.log_value
            arrays[f"{name}.tails.{i}.quantiles"] = tail.quantiles
        return arrays

    def errors(self, features: np.ndarray, width: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Say how far fits are off.

        Parameters
        ----------
        features : `numpy.ndarray`, (n, N_FEATURES)
        width : `numpy.ndarray`, (n, 3)
            Half of the 68% intervals of the transformed targets.

        Returns
        -------
        bias, scatter : `numpy.ndarray`, (n, 3)
            Of the transformed targets, beside what the posterior says.
        """
        standard = _standard(features, self.mean, self.scale)
        answers = np.stack([_answer(layers, standard) for layers in self.networks])
        scatter = np.exp(np.clip(answers[:, :, 3:], *_LOG_RANGE))
        bias = _MOST * np.tanh(answers[:, :, :3] / _MOST) * scatter
        bias *= scatter**2 / (scatter**2 + width**2)
        return bias.mean(axis=0), np.sqrt((scatter**2).mean(axis=0) + bias.var(axis=0))

    def apply(self, posterior: Posterior, residuals: Residuals) -> Posterior:
        """Widen posteriors of fits, and shift them.

        Parameters
        ----------
        posterior : `~meas_blends.morphology.posterior.Posterior`
            Of ``n`` fits.
        residuals : `~meas_blends.morphology.refinement.residuals.Residuals`
            Of the same.

        Returns
        -------
        posterior : `~meas_blends.morphology.posterior.Posterior`
            Correlations stay.
        """
        wider, ratio = self._widen(posterior, residuals)
        if not self.tails or len(ratio) == 0:
            return wider
        parts = [tail.apply(wider, ratio[:, i]) for i, tail in enumerate(self.tails)]
        # What is as it was stays so.
        same = ratio[:, 0] == 1.0
        parts[0] = parts[0].replaced(same, wider.select(same))
        quantiles = np.stack([part.quantiles[:, i] for i, part in enumerate(parts)], axis=1)
        mean = np.stack([part.mean[:, i] for i, part in enumerate(parts)], axis=1)
        sigma = np.stack([part.sigma[:, i] for i, part in enumerate(parts)], axis=1)
        stretch = sigma / wider.sigma
        covariance = wider.covariance * stretch[:, :, None] * stretch[:, None, :]
        return Posterior(mean, covariance, _within(quantiles, posterior.quantiles))

    def _widen(self, posterior: Posterior, residuals: Residuals) -> tuple[Posterior, np.ndarray]:
        """Posteriors before the tails are calibrated, and their widths over those before."""
        width = _width(posterior)
        bias, scatter = self.errors(residuals.features, width)
        unseen = residuals.significance <= _TELLING
        bias[unseen, 0], scatter[unseen, 0] = 0.0, 0.0
        old = posterior.quantiles
        middle = old[:, :, 3:4]
        off = old - middle
        wider = np.sign(NORMAL_QUANTILES) * np.hypot(off, NORMAL_QUANTILES * scatter[:, :, None])
        sigma = posterior.sigma
        stretch = np.hypot(sigma, scatter) / sigma
        return (
            Posterior(
                posterior.mean + bias,
                posterior.covariance * stretch[:, :, None] * stretch[:, None, :],
                _within(middle + bias[:, :, None] + wider, old),
            ),
            np.hypot(1.0, scatter / width),
        )


def _standard(features: np.ndarray, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.clip((features - mean) / scale, -_FAR, _FAR)


def _enough(known: np.ndarray) -> np.ndarray:
    """Rows to learn tails from, of each target: all where few are known."""
    return known | (known.sum(axis=0) < _LEAST_KNOWN)


def _answer(layers: tuple[tuple[np.ndarray, np.ndarray], ...], values: np.ndarray) -> np.ndarray:
    """What a network says, (n, 6)."""
    for i, (weight, bias) in enumerate(layers):
        values = values @ weight.T + bias
        if i + 1 < len(layers):
            values = np.where(values > 0, values, np.expm1(np.minimum(values, 0.0)))
    return values


def _width(posterior: Posterior) -> np.ndarray:
    """Half of the 68% intervals, (n, 3)."""
    width = 0.5 * (posterior.quantiles[:, :, 4] - posterior.quantiles[:, :, 2])
    return np.maximum(width, _NO_WIDTH)


def _within(new: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Keep a B/T within its limits, and at one where it may be exactly 0 or 1."""
    new = new.copy()
    before = old[:, 0]
    known = np.abs(before) >= _LIMIT - 1e-6
    new[:, 0] = np.where(known, before, np.clip(new[:, 0], -_LIMIT, _LIMIT))
    return new


def _fit(
    features: np.ndarray, error: np.ndarray, width: np.ndarray, known: np.ndarray, seed: int
) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """Fit the network: the weights and offsets of its layers."""
    generator = torch.Generator().manual_seed(seed)
    x, y, w, k = (
        torch.from_numpy(np.ascontiguousarray(a)).float() for a in (features, error, width, known)
    )
    sizes = (x.shape[1], *_HIDDEN, 6)
    layers = []
    for before, after in itertools.pairwise(sizes):
        layer = nn.Linear(before, after)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(after, before, generator=generator) / before**0.5)
            layer.bias.zero_()
        layers += [layer, nn.ELU()]
    network = nn.Sequential(*layers[:-1])
    with torch.no_grad():
        network[-1].weight.mul_(0.1)
        # At first as wide again as the posteriors are.
        network[-1].bias[3:] = torch.log(w.median(dim=0).values)
    n_apart = max(round(_APART * len(x)), 1)
    apart, learn = slice(0, n_apart), torch.arange(n_apart, len(x))
    optimiser = torch.optim.AdamW(network.parameters(), _RATE, weight_decay=_DECAY)
    steps = _EPOCHS * -(-len(learn) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps)
    best, kept = np.inf, None
    for _ in range(_EPOCHS):
        for rows in learn[torch.randperm(len(learn), generator=generator)].split(_BATCH):
            optimiser.zero_grad()
            _loss(network(x[rows]), y[rows], w[rows], k[rows]).backward()
            optimiser.step()
            schedule.step()
        with torch.no_grad():
            now = float(_loss(network(x[apart]), y[apart], w[apart], k[apart]))
        if now < best:
            best, kept = now, {k: v.clone() for k, v in network.state_dict().items()}
    network.load_state_dict(kept)
    return tuple(
        (layer.weight.detach().double().numpy(), layer.bias.detach().double().numpy())
        for layer in network
        if isinstance(layer, nn.Linear)
    )


def _loss(
    outputs: torch.Tensor, error: torch.Tensor, width: torch.Tensor, known: torch.Tensor
) -> torch.Tensor:
    """Minus ln of Student's distribution of the errors that are known."""
    scatter = torch.exp(outputs[:, 3:].clamp(*_LOG_RANGE))
    variance = scatter**2 + width**2
    bias = _MOST * torch.tanh(outputs[:, :3] / _MOST) * scatter**3 / variance
    scale = torch.sqrt(variance)
    places = (error - bias) / scale
    surprise = torch.log(scale) + 0.5 * (_FREEDOM + 1) * torch.log1p(places**2 / _FREEDOM)
    return (surprise * known).mean()
