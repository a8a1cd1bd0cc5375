"""The training loop that all morphology networks share."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from ...data.training_state import TrainingState, fingerprint
from ..compact import choose_device
from ..gaussian import gaussian_nll
from .processes import Place, gather_mean, in_parallel

__all__ = ["Batch", "FitSettings", "Problem", "Progress", "fit"]

#: Called with galaxies done, galaxies in all, and the loss.
Progress = Callable[[int, int, float], None]

#: Largest norm of a gradient: a galaxy far from what the network expects must not throw it back.
_CLIP = 1.0


@dataclass(frozen=True)
class Batch:
    """Inputs of the network, and standardised targets (n, t)."""

    inputs: tuple[torch.Tensor, ...]
    targets: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """Return it on a device."""
        return Batch(tuple(t.to(device) for t in self.inputs), self.targets.to(device))


class Problem(Protocol):
    """What is to be learned. Its ``repr`` says all that the result depends on."""

    def network(self) -> nn.Module:
        """Make the network that the training starts from."""

    def batch(self, seed: Sequence[int], step: int, rank: int, n: int) -> Batch:
        """Draw what a process sees in a step; the same for the same numbers."""

    def validation_loss(self, network: nn.Module) -> float | None:
        """Loss on galaxies kept apart; `None` if there are none."""


@dataclass(frozen=True)
class FitSettings:
    """How a network is trained.

    Parameters
    ----------
    steps : `int`
        At least 2.
    batch_size : `int`
        Galaxies a step, of all processes together.
    learning_rate : `float`
        Peak of a one-cycle schedule.
    weight_decay : `float`
        Of AdamW.
    rise : `float`
        Share of the steps in which the learning rate rises.
    look_every, patience : `int`
        Steps between looks at the galaxies kept apart, and looks without a
        better loss after which the training stops.
    device : `str`
        ``auto``, ``cpu`` or ``cuda``.
    processes : `int`
        Side by side, each on its own GPU where there are GPUs.
    folder : `pathlib.Path`, optional
        Where checkpoints go, and where a training that was killed goes on
        from.
    checkpoint_every : `int`
        Steps between them.
    """

    steps: int
    batch_size: int = 128
    learning_rate: float = 6e-3
    weight_decay: float = 1e-3
    rise: float = 0.15
    look_every: int = 0
    patience: int = 5
    device: str = "auto"
    processes: int = 1
    folder: Path | None = None
    checkpoint_every: int = 250


def fit(
    problem: Problem,
    settings: FitSettings,
    seed: Sequence[int],
    progress: Progress = lambda done, total, loss: None,
) -> nn.Module:
    """Train a network.

    On a GPU the network works in bfloat16, its weights and loss stay in
    float32. The next batch is drawn while one is learned from.

    Parameters
    ----------
    problem : `Problem`
    settings : `FitSettings`
    seed : sequence of `int`
        One seed gives one network on one machine, also if the training was
        killed in between.
    progress : callable, optional
        Called after each step.

    Returns
    -------
    network : `torch.nn.Module`
        In evaluation mode; where galaxies are kept apart, as it was when it
        did best on them.

    Raises
    ------
    BadInputError
        If the folder holds another training, or there is no such device.
    """
    if settings.processes == 1:
        return _fit(Place(), problem, settings, seed, progress)
    device = choose_device(settings.device)
    return in_parallel(settings.processes, device, _fit, problem, settings, seed, progress)


def _fit(
    place: Place,
    problem: Problem,
    settings: FitSettings,
    seed: Sequence[int],
    progress: Progress,
) -> nn.Module:
    """Work of one process."""
    device = place.device(choose_device(settings.device))
    # The caller's own random numbers in torch are left alone.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_whole_number(seed))
        network = problem.network().to(device)
    optimiser = torch.optim.AdamW(
        [p for p in network.parameters() if p.requires_grad],
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        settings.learning_rate,
        total_steps=settings.steps + 1,
        pct_start=max(settings.rise, 2 / (settings.steps + 1)),
    )
    state = TrainingState(0, {}, {}, {})
    # Where and how often it is kept makes no other training of it.
    mark = fingerprint(
        problem, replace(settings, folder=None, checkpoint_every=0, device=""), list(seed)
    )
    if settings.folder is not None:
        found = TrainingState.read(settings.folder, mark)
        if found is not None:
            state = found
            network.load_state_dict(state.network)
            optimiser.load_state_dict(state.optimiser)
            schedule.load_state_dict(state.schedule)

    def keep() -> None:
        state.network, state.optimiser = network.state_dict(), optimiser.state_dict()
        state.schedule = schedule.state_dict()
        state.write(settings.folder, mark)

    share = settings.batch_size // place.number
    model = place.wrap(network)
    _set_training(network)
    with ThreadPoolExecutor(1) as ahead, torch.random.fork_rng(devices=[]):
        drawn = ahead.submit(problem.batch, seed, state.step, place.rank, share)
        while state.step < settings.steps and state.stale < settings.patience:
            batch = drawn.result().to(device)
            drawn = ahead.submit(problem.batch, seed, state.step + 1, place.rank, share)
            torch.manual_seed(_whole_number([*seed, state.step, place.rank]))
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
                outputs = model(*batch.inputs)
            loss = gaussian_nll(outputs.float(), batch.targets)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
            optimiser.step()
            schedule.step()
            state.step += 1
            mean = gather_mean(loss.detach(), place)
            if settings.look_every and state.step % settings.look_every == 0:
                _look(problem, network, state)
            if place.rank:
                continue
            progress(state.step * settings.batch_size, settings.steps * settings.batch_size, mean)
            due = state.step % settings.checkpoint_every == 0
            last = state.step == settings.steps or state.stale >= settings.patience
            if settings.folder is not None and (due or last):
                keep()
    if state.best:
        network.load_state_dict(state.best)
    return network.eval()


def _look(problem: Problem, network: nn.Module, state: TrainingState) -> None:
    """Look at the galaxies kept apart, and remember the network if it is the best so far."""
    network.eval()
    loss = problem.validation_loss(network)
    _set_training(network)
    if loss is not None and loss < state.best_loss:
        state.best_loss, state.stale = loss, 0
        state.best = copy.deepcopy(network.state_dict())
    elif loss is not None and not math.isnan(loss):
        state.stale += 1


def _set_training(network: nn.Module) -> None:
    """Set the training mode, but leave the statistics of frozen layers as they are."""
    network.train()
    for module in network.modules():
        parameters = list(module.parameters(recurse=False))
        if isinstance(module, nn.BatchNorm2d) and not any(p.requires_grad for p in parameters):
            module.eval()


def _whole_number(parts: Sequence[int]) -> int:
    """Seed of torch's generator from several numbers."""
    return int(fingerprint(list(map(int, parts)))[:15], 16)
