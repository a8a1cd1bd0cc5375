"""Train the compact network on galaxies drawn as it learns."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..data.packages import MORPHOLOGY_COMPACT, ModelPackage
from .calibration import Calibration
from .compact import CompactEstimator, choose_device
from .galaxies import GalaxyRanges
from .inputs import NetworkInputs, network_inputs
from .measured import measure_drawn, summarise
from .network import CompactNetwork, gaussian_nll
from .posterior import BULGE_LIMIT, to_transformed
from .simulate import SimulatedStamps, StampSimulator
from .widths import kolmogorov_width

__all__ = ["TrainingSettings", "make_package", "train_compact"]

#: Galaxies that the scaling of the targets comes from.
_SCALING = 1024


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    Parameters
    ----------
    n_training, n_calibration, n_test : `int`
        Galaxies to learn from, each seen once; to calibrate on; to test on.
    stamp_size : `int`
        Side of the stamps [pixel].
    widths : `tuple` [`int`, ...]
        Channels of the network's stages.
    batch_size : `int`
        Galaxies a step.
    learning_rate : `float`
        Peak of a one-cycle schedule.
    weight_decay : `float`
        Of AdamW.
    device : `str`
        ``auto``, ``cpu`` or ``cuda``.
    """

    n_training: int = 160_000
    n_calibration: int = 16_000
    n_test: int = 8_000
    stamp_size: int = 64
    widths: tuple[int, ...] = (24, 32, 64, 96, 128)
    batch_size: int = 128
    learning_rate: float = 6e-3
    weight_decay: float = 1e-3
    device: str = "auto"


def train_compact(
    rng: np.random.Generator,
    settings: TrainingSettings,
    ranges: GalaxyRanges,
    progress: Callable[[int, int, float], None] = lambda done, total, loss: None,
) -> tuple[CompactEstimator, dict[str, Any]]:
    """Train, calibrate and test a compact network.

    Every galaxy that it learns from is drawn anew, so there is no set of them
    to overfit; calibration and test galaxies come from streams of their own.

    Parameters
    ----------
    rng : `numpy.random.Generator`
        One seed gives one network on one machine.
    settings : `TrainingSettings`
    ranges : `~meas_blends.morphology.galaxies.GalaxyRanges`
        What galaxies and images to draw.
    progress : callable, optional
        Called after each step with galaxies done, galaxies in all, and the
        loss.

    Returns
    -------
    estimator : `~meas_blends.morphology.compact.CompactEstimator`
    metrics : `dict`
        On the test galaxies, see `~meas_blends.morphology.measured.summarise`.
    """
    device = choose_device(settings.device)
    simulator = StampSimulator(ranges, settings.stamp_size, device)
    learn, calibrate, test = rng.spawn(3)
    # The start of the weights comes from the generator, and the caller's own
    # random numbers in torch are left alone.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(learn.integers(2**63 - 1)))
        network = CompactNetwork(settings.stamp_size, settings.widths).to(device)
    mean, std = _target_scaling(simulator, learn)
    _fit(network, simulator, learn, settings, (mean, std), progress)
    estimator = CompactEstimator(network, mean, std, device=device)
    known = measure_drawn(estimator, simulator, calibrate, settings.n_calibration)
    estimator.calibration = Calibration.learn(known.posterior, known.truth, known.aperture)
    estimator.limits = _limits(ranges, known.aperture)
    metrics = summarise(measure_drawn(estimator, simulator, test, settings.n_test))
    return estimator, metrics


def make_package(
    estimator: CompactEstimator,
    metrics: dict[str, Any],
    settings: TrainingSettings,
    ranges: GalaxyRanges,
    seed: list[int],
    name: str,
    version: str,
) -> ModelPackage:
    """Put a trained network, and all that is to be known of it, into a model package."""
    return ModelPackage(
        kind=MORPHOLOGY_COMPACT,
        name=name,
        version=version,
        description="B/T, half-light radius and flux of galaxies in ground-based coadds",
        meta={
            "architecture": {
                "stamp_size": settings.stamp_size,
                "widths": list(settings.widths),
                "n_parameters": sum(p.numel() for p in estimator.network.parameters()),
            },
            "targets": {
                "columns": ["logit(B/T)", "ln(Re / PSF sigma)", "ln(flux / aperture flux)"],
                "bulge_limit": BULGE_LIMIT,
            },
            "limits": {key: list(ends) for key, ends in estimator.limits.items()},
            "training": {
                "seed": seed,
                "settings": _plain(settings),
                "galaxies": _plain(ranges),
            },
            "test": metrics,
        },
        arrays=estimator.to_arrays(),
    )


def _fit(
    network: CompactNetwork,
    simulator: StampSimulator,
    rng: np.random.Generator,
    settings: TrainingSettings,
    scaling: tuple[np.ndarray, np.ndarray],
    progress: Callable[[int, int, float], None],
) -> None:
    """Train a network in place."""
    steps = max(settings.n_training // settings.batch_size, 2)
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=steps, pct_start=0.15
    )
    network.train()
    for step in range(steps):
        stamps = simulator.draw(rng, settings.batch_size)
        inputs, targets = _prepare(stamps)
        scaled = (targets - scaling[0]) / scaling[1]
        outputs = network(inputs.images, inputs.numbers)
        loss = gaussian_nll(outputs, torch.from_numpy(scaled).to(outputs))
        optimiser.zero_grad()
        loss.backward()
        # A galaxy far from what the network expects must not throw it back.
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        progress((step + 1) * settings.batch_size, steps * settings.batch_size, loss.item())
    network.eval()


def _prepare(stamps: SimulatedStamps) -> tuple[NetworkInputs, np.ndarray]:
    """Inputs, and targets (n, 3) relative to PSF width and aperture flux."""
    inputs = network_inputs(
        stamps.images, stamps.usable, stamps.psf_sigma, stamps.noise_correlation
    )
    targets = to_transformed(stamps.truth)
    targets[:, 1] -= np.log(stamps.psf_sigma.double().cpu().numpy())
    targets[:, 2] -= inputs.log_aperture.double().cpu().numpy()
    return inputs, targets


def _target_scaling(
    simulator: StampSimulator, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the targets (Ghosh et al. 2022, Eq. 16)."""
    _, targets = _prepare(simulator.draw(rng, _SCALING))
    return targets.mean(axis=0), targets.std(axis=0)


def _limits(ranges: GalaxyRanges, aperture: np.ndarray) -> dict[str, tuple[float, float]]:
    """What the network has seen: PSF widths, pixel scales, S/N in the aperture."""
    low, high = ranges.pixel_scale
    fwhm = np.array([ranges.psf_fwhm[0] / high, ranges.psf_fwhm[1] / low])
    psf = kolmogorov_width(fwhm)
    signal = np.quantile(aperture, [0.005, 0.995])
    return {
        "psf_sigma": (round(float(psf[0]), 4), round(float(psf[1]), 4)),
        "pixel_scale": (low, high),
        "signal_to_noise": (round(float(signal[0]), 4), round(float(signal[1]), 4)),
    }


def _plain(settings: Any) -> dict[str, Any]:
    """Fields of a dataclass, tuples as the lists that YAML knows."""
    fields = dataclasses.asdict(settings)
    return {k: list(v) if isinstance(v, tuple) else v for k, v in fields.items()}
