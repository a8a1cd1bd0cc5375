"""Transfer learning: train a network further on galaxies of another survey."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from ..calibration import coverage, residual_summary
from ..gaussian import gaussian_nll
from .fit import Batch, FitSettings, Progress, fit
from .known_galaxies import KnownGalaxies
from .learners import Learner
from .members import train_members

__all__ = ["finetune"]

#: Galaxies whose loss is worked out at once.
_BATCH = 64


@dataclass(frozen=True, repr=False)
class _FinetuneProblem:
    """See `~meas_blends.morphology.training.fit.Problem`."""

    learner: Learner
    start: nn.Module
    learn: KnownGalaxies
    apart: KnownGalaxies
    frozen: str

    def __repr__(self) -> str:
        state = self.start.state_dict()
        weights = {name: tensor.double().sum().item() for name, tensor in state.items()}
        return f"finetune({weights}, {self.learn.truth.tolist()}, {self.frozen})"

    def network(self) -> nn.Module:
        """Copy the trained network, with some of its layers frozen."""
        network = copy.deepcopy(self.start)
        frozen = set(self.learner.frozen[self.frozen])
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(not frozen & set(name.split(".")))
        return network

    def batch(self, seed: Sequence[int], step: int, rank: int, n: int) -> Batch:
        """Galaxies of a step."""
        return self.learner.batch(self.learn.batch([*seed, rank], step, n))

    def validation_loss(self, network: nn.Module) -> float:
        """Loss of the galaxies kept apart."""
        device, total = next(network.parameters()).device, 0.0
        rows = np.arange(len(self.apart))
        for start in range(0, len(rows), _BATCH):
            part = self.apart.select(rows[start : start + _BATCH])
            batch = self.learner.batch(part).to(device)
            with torch.inference_mode():
                total += float(gaussian_nll(network(*batch.inputs), batch.targets)) * len(part)
        return total / len(rows)


def finetune(
    learner: Learner,
    galaxies: KnownGalaxies,
    settings: FitSettings,
    seed: Sequence[int],
    apart_share: float = 0.3,
    frozen: str = "none",
    progress: Progress = lambda done, total, loss: None,
) -> tuple[Learner, dict[str, Any]]:
    """Train a network, or each of an ensemble, further on galaxies of known truth.

    They may be real, or of another survey.

    A part of the galaxies is kept apart: it says when to stop, which network
    is kept, and, where there are enough of them, recalibrates the posterior.
    (Ghosh et al. 2022, Sec. 7, ask for such a step before real data.)

    Parameters
    ----------
    learner : `~meas_blends.morphology.training.learners.Learner`
        The start; it is left as it is.
    galaxies : `~meas_blends.morphology.training.known_galaxies.KnownGalaxies`
    settings : `~meas_blends.morphology.training.fit.FitSettings`
        With ``look_every`` above 0.
    seed : sequence of `int`
        One seed, one network.
    apart_share : `float`, optional
        Share of the galaxies to keep apart.
    frozen : `str`, optional
        A key of the learner's ``frozen``.
    progress : callable, optional
        Called after each step.

    Returns
    -------
    learner : `~meas_blends.morphology.training.learners.Learner`
        With the new networks; an old one stays where it did better on the
        galaxies kept apart.
    metrics : `dict`
        ``before`` and ``after``: loss (the networks' mean), coverage and
        residuals of the galaxies kept apart. The choice and the calibration
        were made on them.
    """
    learn, apart = galaxies.split(apart_share, np.random.default_rng([*seed, 0]))
    members = train_members(len(learner.networks), settings, seed, progress)
    networks, before, after = [], [], []
    for start, one in zip(learner.networks, members, strict=True):
        problem = _FinetuneProblem(learner, start, learn, apart, frozen)
        network = fit(problem, one.settings, one.seed, one.progress)
        losses = {new: problem.validation_loss(new) for new in (start, network)}
        networks.append(min(losses, key=losses.__getitem__))
        before.append(losses[start])
        after.append(losses[networks[-1]])
    tuned = learner.tuned(networks, apart, galaxies)
    return tuned, {
        "n_learned": len(learn),
        "n_apart": len(apart),
        "recalibrated": tuned.recalibrated,
        "before": _report(learner, apart, float(np.mean(before))),
        "after": _report(tuned, apart, float(np.mean(after))),
    }


def _report(learner: Learner, known: KnownGalaxies, loss: float) -> dict[str, Any]:
    posterior, truth = learner.measure(known)
    return {
        "loss": round(loss, 4),
        "residuals": residual_summary(posterior, truth),
        "coverage": coverage(posterior, truth),
    }
