"""What all trainers of morphology networks have in common."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsst.pex.config import Config, Field
from lsst.pipe.base import Task

from ...data.packages import ModelPackage

if TYPE_CHECKING:
    from ...morphology.training.fit import FitSettings

__all__ = ["FitConfig", "MorphologyTrainerTask", "log_progress"]

#: Seconds between reports of progress.
_REPORT_EVERY = 30.0


class FitConfig(Config):
    """How a network is fitted."""

    n_galaxies = Field[int](
        doc="Galaxies to learn from; each is drawn anew and seen once.",
        default=160_000,
        check=lambda number: number > 0,
    )
    batch_size = Field[int](
        doc="Galaxies a training step.", default=128, check=lambda size: size >= 2
    )
    learning_rate = Field[float](
        doc="Peak of the one-cycle schedule.", default=6e-3, check=lambda rate: rate > 0
    )
    weight_decay = Field[float](
        doc="Weight decay of AdamW.", default=1e-3, check=lambda decay: decay >= 0
    )
    device = Field[str](
        doc="Where to train: auto (a GPU if there is one), cpu, cuda, cuda:1...", default="auto"
    )
    processes = Field[int](
        doc="Processes that share each step, on a GPU each where there are GPUs.",
        default=1,
        check=lambda number: number >= 1,
    )
    folder = Field[str](
        doc="Folder for checkpoints, from which a training that was killed goes on when it is run"
        " again; none are kept if not given.",
        default="",
    )
    checkpoint_every = Field[int](
        doc="Steps between checkpoints.", default=250, check=lambda number: number >= 1
    )

    def settings(self, part: str = "", **others: int) -> FitSettings:
        """Return the `~meas_blends.morphology.training.fit.FitSettings`.

        Parameters
        ----------
        part : `str`, optional
            Subfolder for the checkpoints of one of several trainings.
        **others
            Further fields of them.
        """
        from ...morphology.training.fit import FitSettings

        return FitSettings(
            steps=max(self.n_galaxies // self.batch_size, 2),
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            weight_decay=self.weight_decay,
            device=self.device,
            processes=self.processes,
            folder=Path(self.folder) / part if self.folder else None,
            checkpoint_every=self.checkpoint_every,
            **others,
        )


class MorphologyTrainerTask(Task):
    """Trains one kind of network. A subclass has a ``ConfigClass`` with ``galaxies``, and `run`."""

    ConfigClass = FitConfig
    _DefaultName = "morphologyTrainer"

    def run(self, seed: Sequence[int], name: str, version: str) -> ModelPackage:
        """Train, calibrate and test a network.

        Parameters
        ----------
        seed : sequence of `int`
            One seed, one model.
        name, version : `str`
            Of the package; without a name, the trainer's own.

        Returns
        -------
        model : `~meas_blends.data.packages.ModelPackage`
        """
        raise NotImplementedError

    def about(self, seed: Sequence[int], trainer: str) -> dict[str, Any]:
        """Say how a network was trained, for its package: YAML types."""
        settings = self.config.toDict()
        # Where checkpoints lay is nobody's concern.
        del settings["folder"]
        drawn = dataclasses.asdict(self.config.galaxies.make())
        settings["galaxies"] = {
            "population": self.config.galaxies.population,
            **{k: list(v) if isinstance(v, tuple) else v for k, v in drawn.items()},
        }
        return {"seed": list(seed), "trainer": trainer, "settings": settings}


def log_progress(log: object) -> Callable[[int, int, float], None]:
    """Make a callback that logs progress now and then.

    Parameters
    ----------
    log : logger
        A task's.
    """
    start = last = time.monotonic()
    first = None

    def report(done: int, total: int, loss: float) -> None:
        nonlocal last, first
        # A training that goes on has done some before.
        first = done if first is None else first
        now = time.monotonic()
        if now - last < _REPORT_EVERY and done < total:
            return
        last = now
        left = (now - start) * (total - done) / max(done - first, 1)
        log.info("%d of %d galaxies, loss %.3f, %.0f s left", done, total, loss, left)

    return report
