"""Train the compact network on galaxies drawn as it learns."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ...data.packages import MORPHOLOGY_COMPACT, ModelPackage
from ..calibration import Calibration, SeeingCalibration
from ..compact import CompactEstimator, choose_device
from ..conditions import Conditions
from ..inputs import InputLayout, NetworkInputs, network_inputs
from ..measured import Measured, measure_drawn, summarise
from ..network import CompactNetwork
from ..populations import Population
from ..posterior import BULGE_LIMIT, to_transformed
from ..refinement.drawn import refine_drawn
from ..refinement.misfit import MisfitMap
from ..refinement.priors import GalaxyPrior
from ..refinement.refine import Refined
from ..refinement.settings import RefinementSettings
from ..simulate import SimulatedStamps, StampSimulator
from ..structured import StructuredGalaxies, StructuredSimulator
from ..widths import kolmogorov_width
from .fit import Batch, FitSettings, Progress, fit
from .members import train_members

__all__ = [
    "CompactProblem",
    "CompactTraining",
    "learn_misfit",
    "learn_refinement",
    "make_package",
    "measure_misfit",
    "report_misfit",
    "scaled_targets",
    "train_compact",
]

#: Galaxies that the scaling of the targets comes from.
_SCALING = 2048

#: Fits, of which there must be some to calibrate on.
_LEAST_REFINED = 50

#: Fits, of which there must be some to learn from what misfits do.
_LEAST_MISFIT = 500

#: Streams of random numbers of a training.
_SCALE, _CALIBRATE, _TEST, _REFINE, _MISFIT, _TEST_MISFIT = 1, 2, 4, 5, 6, 7


@dataclass(frozen=True)
class CompactTraining:
    """What a compact network is trained on.

    Parameters
    ----------
    population : `~meas_blends.morphology.populations.Population`
    conditions : `~meas_blends.morphology.conditions.Conditions`
    layout : `~meas_blends.morphology.inputs.InputLayout`
    widths : `tuple` [`int`, ...]
        Channels of the network's stages.
    n_calibration, n_test : `int`
        Galaxies to calibrate on, and to test on.
    calibration_bins : `int`
        Bins of S/N, of equal width in its logarithm, that are calibrated
        apart.
    n_refined : `int`
        Galaxies to calibrate refined posteriors on; 0: they are not.
    refined_bins : `int`
        As ``calibration_bins``, of refined posteriors.
    seeing_bins : `int`
        As ``calibration_bins``, of the PSF's width, calibrated before; 1: the
        seeing makes no difference.
    n_misfit : `int`
        Galaxies, half of them with structure, to learn from what a model that
        does not fit is off by; 0: it is not learned.
    """

    population: Population
    conditions: Conditions
    layout: InputLayout = dataclasses.field(default_factory=InputLayout)
    widths: tuple[int, ...] = (24, 32, 64, 96, 128)
    n_calibration: int = 50_000
    n_test: int = 20_000
    calibration_bins: int = 20
    n_refined: int = 12_000
    refined_bins: int = 6
    seeing_bins: int = 8
    n_misfit: int = 0


@dataclass(frozen=True)
class CompactProblem:
    """Galaxies drawn anew for each step; see `~meas_blends.morphology.training.fit.Problem`."""

    training: CompactTraining
    mean: tuple[float, ...]
    std: tuple[float, ...]
    device: str

    def __repr__(self) -> str:
        # What it is calibrated and tested on is chosen anew without another training.
        about = self.training
        parts = (about.population, about.conditions, about.layout, about.widths)
        return f"CompactProblem({parts}, {self.mean}, {self.std})"

    def network(self) -> CompactNetwork:
        """Make a new network."""
        return CompactNetwork(self.training.layout, self.training.widths)

    @functools.cached_property
    def _simulator(self) -> StampSimulator:
        training = self.training
        return StampSimulator(
            training.population,
            training.conditions,
            training.layout.stamp_size,
            choose_device(self.device),
        )

    def batch(self, seed: Sequence[int], step: int, rank: int, n: int) -> Batch:
        """Draw the galaxies of a step."""
        stamps = self._simulator.draw(np.random.default_rng([*seed, 0, step, rank]), n)
        inputs, targets = scaled_targets(stamps, self.training.layout)
        scaled = (targets - self.mean) / self.std
        return Batch((inputs.images, inputs.numbers), torch.from_numpy(scaled.astype(np.float32)))

    def validation_loss(self, network: torch.nn.Module) -> None:
        """No galaxy is seen twice, so there is nothing to keep apart."""


def train_compact(
    seed: Sequence[int],
    training: CompactTraining,
    settings: FitSettings,
    progress: Progress = lambda done, total, loss: None,
    members: int = 1,
) -> tuple[CompactEstimator, dict[str, Any]]:
    """Train, calibrate and test a compact network, or a small ensemble of them.

    Every galaxy that it learns from is drawn anew, so there is no set of them
    to overfit; calibration and test galaxies come from streams of their own.

    Parameters
    ----------
    seed : sequence of `int`
        One seed gives one estimator on one machine.
    training : `CompactTraining`
    settings : `~meas_blends.morphology.training.fit.FitSettings`
    progress : callable, optional
        Called after each step with galaxies done, galaxies in all, and the
        loss.
    members : `int`, optional
        Networks, each with its own start and galaxies. Their mixture is what
        is calibrated and tested.

    Returns
    -------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
    metrics : `dict`
        On the test galaxies, see `~meas_blends.morphology.measured.summarise`.
    """
    device = choose_device(settings.device)
    simulator = StampSimulator(
        training.population, training.conditions, training.layout.stamp_size, device
    )
    example = simulator.draw(np.random.default_rng([*seed, _SCALE]), _SCALING)
    _, targets = scaled_targets(example, training.layout)
    # Ghosh et al. (2022), Eq. 16.
    mean, std = targets.mean(axis=0), targets.std(axis=0)
    problem = CompactProblem(training, tuple(mean), tuple(std), settings.device)
    networks = [
        fit(problem, one.settings, one.seed, one.progress)
        for one in train_members(members, settings, seed, progress)
    ]
    estimator = CompactEstimator(networks, mean, std, device=device)
    known = measure_drawn(
        estimator, simulator, np.random.default_rng([*seed, _CALIBRATE]), training.n_calibration
    )
    estimator.calibration = SeeingCalibration.learn(
        known.posterior,
        known.truth,
        known.aperture,
        known.psf_sigma,
        training.calibration_bins,
        training.seeing_bins,
    )
    estimator.limits = _limits(training.conditions, known.aperture)
    learn_refinement(estimator, training, seed)
    learn_misfit(estimator, training, seed)
    tested = measure_drawn(
        estimator, simulator, np.random.default_rng([*seed, _TEST]), training.n_test
    )
    return estimator, summarise(tested)


def learn_refinement(
    estimator: CompactEstimator, training: CompactTraining, seed: Sequence[int]
) -> None:
    """Tell a trained network's refinement its priors, and calibrate its posteriors.

    Parameters
    ----------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
        Is changed.
    training : `CompactTraining`
    seed : sequence of `int`
        The training's; the galaxies come from a stream of their own.
    """
    conditions = training.conditions
    estimator.prior = GalaxyPrior.of_population(training.population, conditions.pixel_scale)
    if training.n_refined == 0:
        return
    simulator = StampSimulator(
        training.population, conditions, training.layout.stamp_size, estimator.device
    )
    known, refined = refine_drawn(
        estimator,
        simulator,
        np.random.default_rng([*seed, _REFINE]),
        training.n_refined,
        RefinementSettings(prior=estimator.prior),
    )
    fitted = refined.fitted
    if np.count_nonzero(fitted) >= _LEAST_REFINED:
        estimator.refined_calibration = Calibration.learn(
            refined.quantiles[fitted],
            known.truth[fitted],
            known.aperture[fitted],
            training.refined_bins,
        )


def learn_misfit(
    estimator: CompactEstimator, training: CompactTraining, seed: Sequence[int]
) -> None:
    """Tell a trained network's refinement what it is off by where no bulge and disk fits.

    One half of the galaxies is that of the training, so that residuals that are
    noise widen nothing; the other half has structure.

    Parameters
    ----------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
        Its refinement has been calibrated; is changed.
    training : `CompactTraining`
    seed : sequence of `int`
        The training's; the galaxies come from a stream of their own.
    """
    if training.n_misfit == 0:
        return
    known, refined = measure_misfit(
        estimator, training, np.random.default_rng([*seed, _MISFIT]), training.n_misfit
    )
    fitted = refined.fitted
    if np.count_nonzero(fitted) >= _LEAST_MISFIT:
        estimator.misfit = MisfitMap.learn(
            refined.posterior.select(fitted),
            known.truth[fitted],
            refined.residuals.select(fitted),
            [*seed, _MISFIT],
        )


def measure_misfit(
    estimator: CompactEstimator, training: CompactTraining, rng: np.random.Generator, n: int
) -> tuple[Measured, Refined]:
    """Refine galaxies of the training and, as many, galaxies with structure.

    Parameters
    ----------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
    training : `CompactTraining`
    rng : `numpy.random.Generator`
    n : `int`
        How many of both, at least two.

    Returns
    -------
    measured : `~meas_blends.morphology.measured.Measured`
    refined : `~meas_blends.morphology.refinement.refine.Refined`
        Recalibrated, not widened. Galaxies with structure come last, after
        ``n // 2`` without.
    """
    size, device = training.layout.stamp_size, estimator.device
    structured = StructuredGalaxies.like(training.population)
    parts = []
    for simulator, number in (
        (StampSimulator(training.population, training.conditions, size, device), n // 2),
        (StructuredSimulator(structured, training.conditions, size, device), n - n // 2),
    ):
        settings = RefinementSettings(prior=estimator.prior)
        measured, refined = refine_drawn(estimator, simulator, rng, number, settings)
        if estimator.refined_calibration is not None:
            refined = refined.recalibrated(estimator.refined_calibration, measured.aperture)
        parts.append((measured, refined))
    measured, refined = zip(*parts, strict=True)
    return Measured.concatenate(measured), Refined.concatenate(refined)


def report_misfit(
    estimator: CompactEstimator, training: CompactTraining, seed: Sequence[int], n: int
) -> dict[str, Any]:
    """Say how refined posteriors of galaxies with and without structure are off, and cover.

    Parameters
    ----------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
    training : `CompactTraining`
    seed : sequence of `int`
        The training's; the galaxies come from a stream of their own.
    n : `int`
        Galaxies of both kinds.

    Returns
    -------
    metrics : `dict`
        Of those that were fitted: ``plain`` and ``structured``, both as
        `~meas_blends.morphology.measured.summarise` has them, as they are and
        not widened.
    """
    known, refined = measure_misfit(
        estimator, training, np.random.default_rng([*seed, _TEST_MISFIT]), n
    )
    wider = refined.widened(estimator.misfit) if estimator.misfit is not None else refined
    structured = np.arange(n) >= n // 2
    metrics = {}
    for kind, rows in (("plain", ~structured), ("structured", structured)):
        chosen = np.flatnonzero(rows & refined.fitted)
        metrics[kind] = {
            name: summarise(known.replaced(found.posterior).select(chosen))
            for name, found in (("widened", wider), ("before", refined))
        }
    return metrics


def scaled_targets(
    stamps: SimulatedStamps, layout: InputLayout
) -> tuple[NetworkInputs, np.ndarray]:
    """Inputs, and targets (n, 3) relative to PSF width and aperture flux."""
    inputs = network_inputs(
        stamps.images, stamps.usable, stamps.psf_sigma, stamps.noise_correlation, layout
    )
    targets = to_transformed(stamps.truth)
    targets[:, 1] -= np.log(stamps.psf_sigma.double().cpu().numpy())
    targets[:, 2] -= inputs.log_flux.double().cpu().numpy()
    return inputs, targets


def make_package(
    estimator: CompactEstimator,
    metrics: dict[str, Any],
    training: dict[str, Any],
    name: str,
    version: str,
) -> ModelPackage:
    """Put a trained network, and all that is to be known of it, into a model package.

    Parameters
    ----------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
    metrics : `dict`
        On test galaxies.
    training : `dict`
        What it was trained on; YAML types.
    name, version : `str`
        Of the package.
    """
    return ModelPackage(
        kind=MORPHOLOGY_COMPACT,
        name=name,
        version=version,
        description="B/T, half-light radius and flux of galaxies in ground-based coadds",
        meta={
            "architecture": estimator.architecture,
            "targets": {
                "columns": ["logit(B/T)", "ln(Re / PSF sigma)", "ln(flux / aperture flux)"],
                "bulge_limit": BULGE_LIMIT,
            },
            "refinement": {"prior": estimator.prior.to_meta()},
            "limits": {key: list(ends) for key, ends in estimator.limits.items()},
            "training": training,
            "test": metrics,
        },
        arrays=estimator.to_arrays(),
    )


def _limits(conditions: Conditions, aperture: np.ndarray) -> dict[str, tuple[float, float]]:
    """What the network has seen: PSF widths, pixel scales, S/N in the apertures."""
    low, high = conditions.pixel_scale
    fwhm = np.array([conditions.psf_fwhm[0] / high, conditions.psf_fwhm[1] / low])
    psf = kolmogorov_width(fwhm)
    signal = np.quantile(aperture, [0.005, 0.995])
    return {
        "psf_sigma": (round(float(psf[0]), 4), round(float(psf[1]), 4)),
        # HSC's and LSST's own scales are not to fail by their rounding.
        "pixel_scale": (round(low * 0.99, 4), round(high * 1.01, 4)),
        "signal_to_noise": (round(float(signal[0]), 4), round(float(signal[1]), 4)),
    }
