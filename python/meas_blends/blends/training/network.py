"""Training of the network on labelled footprints."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from ...data.training_state import TrainingState, fingerprint
from ...errors import BadInputError
from ..network.examples import Batch, Examples
from ..network.model import BlendNetwork
from ..network.patches import CELL

__all__ = ["train_network"]

_log = logging.getLogger(__name__)

#: Parts of a step, each in a thread of its own, whatever the machine has: their
#: number decides how sums are rounded, and so the model.
_PARTS = 2

#: Weights of the two parts of the loss that are about places.
_PLACE, _OFFSET = 0.5, 0.1

#: Largest norm of a gradient, share of the steps that the rate rises in, decay
#: of the weights and memory of their running mean.
_CLIP, _RISE, _DECAY, _MEMORY = 1.0, 0.1, 1e-3, 0.999

#: Limits of the logarithm of a place's error [ln pixel].
_LEAST_LOG_ERROR, _LARGEST_LOG_ERROR = -4.0, 1.5

#: Steps between two lines of the log.
_REPORT = 100


def train_network(
    examples: Examples,
    rng: np.random.Generator,
    passes: int,
    batch: int = 512,
    rate: float = 3e-3,
    start: BlendNetwork | None = None,
    folder: Path | None = None,
    checkpoint_every: int = 100,
    **shape: object,
) -> BlendNetwork:
    """Train a network.

    Three losses are summed: the cross-entropy of the number of objects; that
    of every cell for holding one, which teaches far more than a single
    number a footprint does; and the likelihood of the offsets in cells that
    hold one. Adam with decoupled decay, a rate that rises and falls once
    (Smith & Topin 2017), mirror images and rotations, and the running mean
    of the weights.

    Parameters
    ----------
    examples : `~meas_blends.blends.network.examples.Examples`
        At their natural mixture.
    rng : `numpy.random.Generator`
        Draws the seed of first weights, order and orientation. Those of a
        step hang on its number alone, so that a training can go on.
    passes : `int`
        How often every footprint is seen.
    batch : `int`
        Footprints a step.
    rate : `float`
        Largest learning rate.
    start : `~meas_blends.blends.network.model.BlendNetwork`, optional
        Network to go on from, in place of a new one.
    folder : `pathlib.Path`, optional
        Where checkpoints go, and where a training that was killed goes on
        from, to the same network; none are kept if not given.
    checkpoint_every : `int`
        Steps between them.
    **shape
        Keywords of `~meas_blends.blends.network.model.BlendNetwork`, of a new one.

    Returns
    -------
    network : `~meas_blends.blends.network.model.BlendNetwork`
        In evaluation mode.

    Raises
    ------
    BadInputError
        If there are too few footprints for a step, or the folder holds the
        checkpoint of another training.
    """
    if len(examples) < batch:
        raise BadInputError(
            f"the training scenes hold {len(examples)} labelled footprints, where a step of the"
            f" network's training takes {batch}; give more or larger scenes."
        )
    seed = int(rng.integers(2**31))
    with _repeatable(seed) as threads:
        network = copy.deepcopy(start) if start else BlendNetwork(**shape)
        network = network.train().to(memory_format=torch.channels_last)
        mean = copy.deepcopy(network)
        steps = passes * (len(examples) // batch)
        optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=_DECAY)
        # The rise takes a step at least: a schedule without one divides by its length.
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, rate, total_steps=steps + 1, pct_start=max(_RISE, 2 / (steps + 1))
        )
        mark = ""
        state = None
        if folder is not None:
            weights = {name: value.sum().item() for name, value in network.state_dict().items()}
            mark = fingerprint(seed, passes, batch, rate, network.settings, weights, examples.mark)
            state = TrainingState.read(folder, mark)
        if state is not None:
            network.load_state_dict(state.network)
            mean.load_state_dict(state.best)
            optimiser.load_state_dict(state.optimiser)
            schedule.load_state_dict(state.schedule)
        done = state.step if state else 0
        began, losses = time.monotonic(), []
        for step in range(done + 1, steps + 1):
            rows = _batch(len(examples), seed, step - 1, batch)
            orientation = np.random.default_rng([seed, 1, step])
            losses.append(_find_gradient(network, list(examples.draw(rows, orientation)), threads))
            torch.nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
            optimiser.step()
            schedule.step()
            _follow(mean, network, min(_MEMORY, step / (step + 10)))
            if step % _REPORT == 0 or step == steps:
                elapsed = time.monotonic() - began
                _log.info(
                    "network: step %d of %d, %.0f min left; losses: count %.3f, cell %.3f,"
                    " offset %.3f",
                    step,
                    steps,
                    (steps - step) * elapsed / (step - done) / 60.0,
                    *np.mean(losses, axis=0),
                )
                losses = []
            if folder is not None and (step % checkpoint_every == 0 or step == steps):
                TrainingState(
                    step,
                    network.state_dict(),
                    optimiser.state_dict(),
                    schedule.state_dict(),
                    mean.state_dict(),
                ).write(folder, mark)
    return mean.eval()


@contextmanager
def _repeatable(seed: int) -> Iterator[ThreadPoolExecutor]:
    """Seed torch for a while, and give threads that its results do not hang on."""
    before = torch.get_num_threads()
    with (
        torch.random.fork_rng(devices=[]),
        # Patches are small: whole groups side by side are faster than threads in each.
        ThreadPoolExecutor(_PARTS, initializer=torch.set_num_threads, initargs=(1,)) as threads,
    ):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        try:
            yield threads
        finally:
            torch.set_num_threads(before)


def _batch(number: int, seed: int, step: int, batch: int) -> np.ndarray:
    """Footprints of a step, from 0: each pass has an order of its own."""
    turn, part = divmod(step, number // batch)
    order = np.random.default_rng([seed, 0, turn]).permutation(number)
    return order[part * batch : (part + 1) * batch]


def _find_gradient(
    network: BlendNetwork, groups: list[Batch], threads: ThreadPoolExecutor
) -> np.ndarray:
    """Set the gradient of a step's loss; return the loss's three parts."""
    number = sum(len(group.n_objects) for group in groups)
    held = sum(int(group.target[..., 0].sum()) for group in groups)
    weights = torch.tensor([1 / number, _PLACE / number, _OFFSET / max(held, 1)])
    groups.sort(key=lambda group: group.planes.numel(), reverse=True)
    shares: list[list[Batch]] = [[] for _ in range(_PARTS)]
    work = [0] * _PARTS
    for group in groups:
        least = work.index(min(work))
        shares[least].append(group)
        work[least] += group.planes.numel()
    parameters = list(network.parameters())

    def differentiate(share: list[Batch]) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        losses = weights * _add_losses(network, share)
        return losses.detach(), torch.autograd.grad(losses.sum(), parameters)

    losses, gradients = zip(*threads.map(differentiate, filter(None, shares)), strict=True)
    for parameter, *parts in zip(parameters, *gradients, strict=True):
        parameter.grad = sum(parts)
    return (sum(losses) / weights.new_tensor([1, _PLACE, _OFFSET])).numpy()


def _add_losses(network: BlendNetwork, groups: list[Batch]) -> torch.Tensor:
    """Losses of number, cells and offsets, summed over footprints, `torch.Tensor` (3,)."""
    places, targets, embeddings, numbers = [], [], [], []
    for group in groups:
        place, embedding = network(group.planes, group.conditions, group.features)
        mask = functional.max_pool2d(group.planes[:, -1:], CELL)[:, 0] > 0
        places.append(place[mask])
        targets.append(group.target[mask])
        embeddings.append(embedding)
        numbers.append(group.n_objects)
    place, target = torch.cat(places), torch.cat(targets)
    stated = network.count(torch.cat(embeddings))
    number = torch.cat(numbers).clamp(max=4) - 1
    holds = target[:, 0] > 0
    log_error = place[holds, 3].clamp(_LEAST_LOG_ERROR, _LARGEST_LOG_ERROR)
    square = (place[holds, 1:3] - target[holds, 1:]).square().sum(1)
    losses = [
        functional.cross_entropy(stated, number, reduction="sum"),
        functional.binary_cross_entropy_with_logits(place[:, 0], target[:, 0], reduction="sum"),
        (0.5 * square * torch.exp(-2 * log_error) + 2 * log_error).sum(),
    ]
    return torch.stack(losses)


@torch.no_grad()
def _follow(mean: BlendNetwork, network: BlendNetwork, memory: float) -> None:
    """Let the running mean of the weights follow the network."""
    for kept, new in zip(mean.parameters(), network.parameters(), strict=True):
        kept.lerp_(new, 1 - memory)
