"""Train the compact morphology network on simulated galaxies."""

from __future__ import annotations

import time
from collections.abc import Callable

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from lsst.pex.config import Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

__all__ = ["TrainMorphologyConfig", "TrainMorphologyConnections", "TrainMorphologyTask"]

#: Seconds between reports of progress.
_REPORT_EVERY = 30.0


def _is_range(ends: list[float]) -> bool:
    return len(ends) == 2 and 0 < ends[0] <= ends[1]


class TrainMorphologyConnections(PipelineTaskConnections, dimensions=("skymap", "band")):
    """Nothing in, a model package out."""

    model = ct.Output(
        doc="The trained network.",
        name="morphology_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap", "band"),
    )


class TrainMorphologyConfig(PipelineTaskConfig, pipelineConnections=TrainMorphologyConnections):
    """Configuration of `TrainMorphologyTask`."""

    name = Field[str](doc="Name of the model package.", default="compact_lsst")
    version = Field[str](doc="Version of the model package.", default="1")
    seed = Field[int](
        doc="Seed of all randomness; together with the scene's number.",
        default=1,
        check=lambda value: value >= 0,
    )
    n_galaxies = Field[int](
        doc="Galaxies to learn from; each is drawn anew and seen once.",
        default=160_000,
        check=lambda number: number > 0,
    )
    n_calibration = Field[int](
        doc="Galaxies to recalibrate the posterior on.",
        default=16_000,
        check=lambda number: number >= 100,
    )
    n_test = Field[int](
        doc="Galaxies that the reported metrics come from.",
        default=8_000,
        check=lambda number: number >= 100,
    )
    stamp_size = Field[int](
        doc="Side of the stamps [pixel], a multiple of 32.",
        default=64,
        check=lambda size: 32 <= size <= 128 and size % 32 == 0,
    )
    widths = ListField[int](
        doc="Channels of the network's five stages.",
        default=[24, 32, 64, 96, 128],
        length=5,
        itemCheck=lambda width: width > 0,
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
    radius = ListField[float](
        doc="Half-light radii of bulges and of disks [arcsec], low and high.",
        default=[0.1, 2.5],
        listCheck=_is_range,
    )
    signal_to_noise = ListField[float](
        doc="Matched-filter S/N of the whole galaxy, low and high.",
        default=[5.0, 1500.0],
        listCheck=_is_range,
    )
    psf_fwhm = ListField[float](
        doc="FWHM of the Kolmogorov PSF [arcsec], low and high.",
        default=[0.5, 1.1],
        listCheck=_is_range,
    )
    pixel_scale = ListField[float](
        doc="Pixel scale [arcsec], low and high: HSC's to LSST's.",
        default=[0.165, 0.202],
        listCheck=_is_range,
    )
    single_share = Field[float](
        doc="Share of galaxies that are a pure bulge or a pure disk.",
        default=0.25,
        check=lambda share: 0 <= share <= 1,
    )


class TrainMorphologyTask(PipelineTask):
    """Train, calibrate and test a compact network after GaMPEN."""

    ConfigClass = TrainMorphologyConfig
    _DefaultName = "trainMorphology"

    def run(self, scene: int = 0) -> Struct:
        """Train a network.

        Parameters
        ----------
        scene : `int`, optional
            Number of the training, 0 or more: each has its own galaxies and
            its own start of the weights.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``model``, a `~meas_blends.data.packages.ModelPackage`.
        """
        # torch and GalSim are slow to import: only where a model is trained.
        from ..morphology.galaxies import GalaxyRanges
        from ..morphology.training import TrainingSettings, make_package, train_compact

        config = self.config
        settings = TrainingSettings(
            n_training=config.n_galaxies,
            n_calibration=config.n_calibration,
            n_test=config.n_test,
            stamp_size=config.stamp_size,
            widths=tuple(config.widths),
            batch_size=config.batch_size,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            device=config.device,
        )
        ranges = GalaxyRanges(
            radius=tuple(config.radius),
            signal_to_noise=tuple(config.signal_to_noise),
            psf_fwhm=tuple(config.psf_fwhm),
            pixel_scale=tuple(config.pixel_scale),
            single_share=config.single_share,
        )
        seed = [config.seed, scene]
        estimator, metrics = train_compact(
            np.random.default_rng(seed), settings, ranges, self._reporter()
        )
        model = make_package(
            estimator, metrics, settings, ranges, seed, config.name, config.version
        )
        return Struct(model=model)

    def _reporter(self) -> Callable[[int, int, float], None]:
        """Make a callback that logs progress now and then."""
        start = last = time.monotonic()

        def report(done: int, total: int, loss: float) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last < _REPORT_EVERY and done < total:
                return
            last = now
            left = (now - start) * (total - done) / done
            self.log.info("%d of %d galaxies, loss %.3f, %.0f s left", done, total, loss, left)

        return report
