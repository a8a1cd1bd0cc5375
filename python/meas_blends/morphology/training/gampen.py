"""Train GaMPEN on simulated galaxies, at the dropout rate whose posteriors cover best."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...simulation.survey import Survey
from ..calibration import LEVELS, coverage, residual_summary
from ..compact import choose_device
from ..conditions import Conditions
from ..gampen.estimator import GampenEstimator
from ..gampen.inputs import network_images
from ..gampen.network import GampenArchitecture, GampenNetwork
from ..gampen.settings import GampenSettings
from ..gampen.targets import MEASURED, Target, target_scaling
from ..populations import Population
from ..posterior import BULGE_LIMIT, Posterior, to_transformed
from ..simulate import SimulatedStamps, StampSimulator
from .fit import Batch, FitSettings, Progress, fit

__all__ = ["GampenTraining", "coverage_error", "train_gampen"]

#: Galaxies that the scaling of the targets comes from, and that are drawn at once.
_SCALING, _BATCH = 1024, 64

#: Streams of random numbers of a training.
_SCALE, _CHOOSE, _TEST = 1, 2, 3


@dataclass(frozen=True)
class GampenTraining:
    """What GaMPEN is trained on.

    Parameters
    ----------
    population : `~meas_blends.morphology.populations.Population`
    conditions : `~meas_blends.morphology.conditions.Conditions`
        Those of the survey.
    survey : `~meas_blends.simulation.survey.Survey`
    architecture : `~meas_blends.morphology.gampen.network.GampenArchitecture`
    dropout_rates : `tuple` [`float`, ...]
        To choose from.
    n_choice, n_test : `int`
        Galaxies that the choice is made on, and that are tested on.
    passes : `int`
        With dropout, for each galaxy.
    """

    population: Population
    conditions: Conditions
    survey: Survey
    architecture: GampenArchitecture
    dropout_rates: tuple[float, ...] = (7e-4,)
    n_choice: int = 2000
    n_test: int = 2000
    passes: int = 20

    @property
    def count(self) -> float:
        """Sky noise of a pixel [count]."""
        settings = self.settings(0.0, np.zeros(3), np.ones(3))
        return self.conditions.sky_sigma / settings.nanojansky_per_count

    def settings(self, dropout_rate: float, mean: np.ndarray, std: np.ndarray) -> GampenSettings:
        """Return what must be known of the network."""
        transforms, units = ("logit", "log", "log"), ("", "arcsec", "nJy")
        return GampenSettings(
            cutout_size=self.architecture.cutout_size,
            pixel_scale=self.survey.pixel_scale,
            zero_point=self.survey.coadd_zero_point,
            bands=(self.survey.band,),
            dropout_rate=dropout_rate,
            targets=tuple(
                Target(name, transform, float(m), float(s), unit)
                for name, transform, m, s, unit in zip(
                    MEASURED, transforms, mean, std, units, strict=True
                )
            ),
            bulge_epsilon=BULGE_LIMIT,
            magnitude_slope=-2.5,
        )


@dataclass(frozen=True)
class _GampenProblem:
    """See `~meas_blends.morphology.training.fit.Problem`."""

    training: GampenTraining
    dropout_rate: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    device: str

    def network(self) -> GampenNetwork:
        """Make a new network."""
        return GampenNetwork(self.training.architecture, self.dropout_rate)

    @functools.cached_property
    def _simulator(self) -> StampSimulator:
        return _simulator(self.training, self.device)

    def batch(self, seed: Sequence[int], step: int, rank: int, n: int) -> Batch:
        """Draw the galaxies of a step: the same ones for each dropout rate."""
        stamps = self._simulator.draw(np.random.default_rng([*seed, 0, step, rank]), n)
        scaled = (_targets(stamps, self.training) - self.mean) / self.std
        return Batch((_images(stamps, self.training),), torch.from_numpy(scaled.astype(np.float32)))

    def validation_loss(self, network: torch.nn.Module) -> None:
        """No galaxy is seen twice, so there is nothing to keep apart."""


def train_gampen(
    seed: Sequence[int],
    training: GampenTraining,
    settings: Callable[[str], FitSettings],
    progress: Progress = lambda done, total, loss: None,
) -> tuple[GampenEstimator, dict[str, Any]]:
    """Train GaMPEN at several dropout rates and keep the one that covers best.

    Ghosh et al. (2022, Sec. 5, Fig. 8): higher rates give wider posteriors,
    so the rate is chosen by the share of truths inside the central
    intervals. The galaxies that the choice is made on are not those that are
    reported.

    Parameters
    ----------
    seed : sequence of `int`
        One seed, one network on one machine.
    training : `GampenTraining`
    settings : callable
        Gives the `~meas_blends.morphology.training.fit.FitSettings` of the
        training of a name: each rate has checkpoints of its own.
    progress : callable, optional
        Called after each step.

    Returns
    -------
    estimator : `~meas_blends.morphology.gampen.estimator.GampenEstimator`
    metrics : `dict`
        ``choice``: coverage at each rate; ``overall``: coverage and residuals
        of the chosen one on test galaxies.
    """
    device = settings("").device
    simulator = _simulator(training, device)
    example = simulator.draw(np.random.default_rng([*seed, _SCALE]), _SCALING)
    mean, std = target_scaling(_targets(example, training))
    tried, choice = [], {}
    for rate in training.dropout_rates:
        problem = _GampenProblem(training, rate, tuple(mean), tuple(std), device)
        network = fit(problem, settings(f"dropout_{rate:g}"), seed, progress)
        estimator = GampenEstimator(
            network,
            training.settings(rate, mean, std),
            choose_device(device),
            training.passes,
        )
        shares = coverage(
            *_measure(estimator, training, simulator, [*seed, _CHOOSE], training.n_choice)
        )
        tried.append((coverage_error(shares), estimator))
        choice[f"{rate:g}"] = {"error": round(tried[-1][0], 3), "coverage": shares}
    best = min(tried, key=lambda one: one[0])[1]
    posterior, truth = _measure(best, training, simulator, [*seed, _TEST], training.n_test)
    return best, {
        "choice": choice,
        "overall": {
            "n_galaxies": len(truth),
            "residuals": residual_summary(posterior, truth),
            "coverage": coverage(posterior, truth),
        },
    }


def coverage_error(shares: dict[str, dict[str, float]]) -> float:
    """Mean distance of coverages from their levels, over targets and levels [per cent]."""
    return float(
        np.mean([abs(found[level] - float(level)) for found in shares.values() for level in LEVELS])
    )


def _simulator(training: GampenTraining, device: str) -> StampSimulator:
    return StampSimulator(
        training.population,
        training.conditions,
        training.architecture.cutout_size,
        choose_device(device),
    )


def _images(stamps: SimulatedStamps, training: GampenTraining) -> torch.Tensor:
    """What the network takes, (n, channels, size, size)."""
    images = network_images(stamps.images * training.count)[:, None]
    return images.expand(-1, training.architecture.channels, -1, -1)


def _targets(stamps: SimulatedStamps, training: GampenTraining) -> np.ndarray:
    """Logit B/T, ln Re [arcsec], ln flux [nJy], (n, 3)."""
    return to_transformed(
        stamps.truth * [1.0, training.survey.pixel_scale, training.conditions.sky_sigma]
    )


def _measure(
    estimator: GampenEstimator,
    training: GampenTraining,
    simulator: StampSimulator,
    seed: Sequence[int],
    n: int,
) -> tuple[Posterior, np.ndarray]:
    """Posteriors and true values of galaxies drawn anew."""
    rng = np.random.default_rng(seed)
    posteriors, truth = [], []
    for start in range(0, n, _BATCH):
        stamps = simulator.draw(rng, min(_BATCH, n - start))
        counts = (stamps.images * training.count)[:, None].cpu().numpy()
        posteriors.append(estimator.posterior(counts))
        truth.append(_targets(stamps, training))
    return Posterior.concatenate(posteriors), np.concatenate(truth)
