"""Unfinished trainings as files, so that one that was killed goes on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ..errors import BadInputError
from .files import write_whole

__all__ = ["TrainingState", "fingerprint"]

#: File in the folder of a training.
_FILE = "training.safetensors"


def fingerprint(*parts: object) -> str:
    """Tell trainings apart by all that they depend on, given by its ``repr``."""
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()[:32]


@dataclass
class TrainingState:
    """All that a training needs to go on.

    Random numbers are drawn from streams that belong to the number of a
    step, so that this number is the state of the generators.

    Parameters
    ----------
    step : `int`
        Steps done.
    network, best : `dict` [`str`, `torch.Tensor`]
        Weights now, and those that the training keeps: where they did best on
        galaxies kept apart, or their running mean.
    optimiser, schedule : `dict`
        As torch's ``state_dict`` gives them.
    best_loss : `float`
        Of ``best``; infinite without it.
    stale : `int`
        Looks at the galaxies kept apart since then.
    """

    step: int
    network: dict[str, torch.Tensor]
    optimiser: dict[str, Any]
    schedule: dict[str, Any]
    best: dict[str, torch.Tensor] = field(default_factory=dict)
    best_loss: float = float("inf")
    stale: int = 0

    def write(self, folder: Path, mark: str) -> None:
        """Write it into a folder, whole or not at all.

        Parameters
        ----------
        folder : `pathlib.Path`
            Of the training.
        mark : `str`
            The training's `fingerprint`.
        """
        tensors = {f"network.{k}": v for k, v in self.network.items()}
        tensors |= {f"best.{k}": v for k, v in self.best.items()}
        for number, values in self.optimiser["state"].items():
            tensors |= {f"optimiser.{number}.{k}": v for k, v in values.items()}
        numbers = {
            "step": self.step,
            "groups": self.optimiser["param_groups"],
            "schedule": self.schedule,
            "best_loss": self.best_loss,
            "stale": self.stale,
        }
        with write_whole(folder / _FILE) as temporary:
            # safetensors stores the memory as it lies.
            whole = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
            temporary.write_bytes(save(whole, {"numbers": json.dumps(numbers), "mark": mark}))

    @classmethod
    def read(cls, folder: Path, mark: str) -> TrainingState | None:
        """Read what `write` wrote; `None` if there is nothing yet.

        Raises
        ------
        BadInputError
            If it is damaged, or of another training.
        """
        path = folder / _FILE
        if not path.exists():
            return None
        try:
            with safe_open(path, "pt") as file:
                about = file.metadata() or {}
                found, numbers = about["mark"], json.loads(about["numbers"])
                tensors = {name: file.get_tensor(name) for name in file.keys()}
        except (SafetensorError, OSError, KeyError, ValueError) as error:
            raise BadInputError(
                f"{path}: a damaged checkpoint ({str(error).splitlines()[0]}); remove it to begin"
                " anew."
            ) from error
        if found != mark:
            raise BadInputError(
                f"{path}: the checkpoint of a training with other settings or galaxies; give"
                " another folder, or remove it to begin anew."
            )
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimiser":
                number, _, key = rest.partition(".")
                state.setdefault(int(number), {})[key] = tensor
        return cls(
            step=numbers["step"],
            network=_part(tensors, "network"),
            optimiser={"state": state, "param_groups": numbers["groups"]},
            schedule=numbers["schedule"],
            best=_part(tensors, "best"),
            best_loss=numbers["best_loss"],
            stale=numbers["stale"],
        )


def _part(tensors: dict[str, torch.Tensor], kind: str) -> dict[str, torch.Tensor]:
    start = f"{kind}."
    return {k.removeprefix(start): v for k, v in tensors.items() if k.startswith(start)}
