"""Training in several processes side by side, on several GPUs or on one machine's cores."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

__all__ = ["Place", "gather_mean", "in_parallel"]


@dataclass(frozen=True)
class Place:
    """A process among those of a training: its rank, and their number."""

    rank: int = 0
    number: int = 1

    def device(self, device: torch.device) -> torch.device:
        """Its own of several GPUs."""
        if self.number > 1 and device.type == "cuda":
            return torch.device("cuda", self.rank)
        return device

    def wrap(self, network: nn.Module) -> nn.Module:
        """Let the processes share their gradients."""
        return DistributedDataParallel(network) if self.number > 1 else network


def gather_mean(loss: torch.Tensor, place: Place) -> float:
    """Mean over the processes."""
    if place.number > 1:
        dist.all_reduce(loss)
    return loss.item() / place.number


def in_parallel(
    number: int, device: torch.device, work: Callable[..., nn.Module], *arguments: Any
) -> nn.Module:
    """Call a function in several processes, this one and others.

    Parameters
    ----------
    number : `int`
        Processes in all.
    device : `torch.device`
        Its kind says how they talk: by NCCL from GPU to GPU, else by Gloo.
    work : callable
        Takes a `Place` and the arguments. Module-level, for the others
        import it.
    *arguments
        The last one is called with progress in this process alone.

    Returns
    -------
    network : `torch.nn.Module`
        What ``work`` returns in this process.
    """
    backend = "nccl" if device.type == "cuda" else "gloo"
    with tempfile.TemporaryDirectory() as folder:
        meeting = Path(folder, "meeting")
        others = [
            multiprocessing.get_context("spawn").Process(
                target=_join, args=(rank, number, backend, meeting, work, arguments[:-1])
            )
            for rank in range(1, number)
        ]
        for process in others:
            process.start()
        try:
            return _take_part(Place(0, number), backend, meeting, work, arguments)
        finally:
            for process in others:
                process.join()


def _join(
    rank: int,
    number: int,
    backend: str,
    meeting: Path,
    work: Callable[..., nn.Module],
    arguments: tuple[Any, ...],
) -> None:
    """Entry of another process."""
    _take_part(Place(rank, number), backend, meeting, work, (*arguments, _silent))


def _take_part(
    place: Place,
    backend: str,
    meeting: Path,
    work: Callable[..., nn.Module],
    arguments: tuple[Any, ...],
) -> nn.Module:
    dist.init_process_group(
        backend, init_method=meeting.as_uri(), rank=place.rank, world_size=place.number
    )
    try:
        return work(place, *arguments)
    finally:
        dist.destroy_process_group()


def _silent(done: int, total: int, loss: float) -> None:
    pass
