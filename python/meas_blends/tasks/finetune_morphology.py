"""Train a morphology network further on a user's own galaxies."""

from __future__ import annotations

from pathlib import Path

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import ChoiceField, ConfigField, Field, ListField, RangeField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.galaxy_sets import GalaxySet
from ..data.packages import find_package
from ..errors import BadInputError
from .morphology_trainers.trainer import FitConfig, log_progress

__all__ = [
    "FinetuneMorphologyConfig",
    "FinetuneMorphologyConnections",
    "FinetuneMorphologyTask",
]


class FinetuneMorphologyConnections(PipelineTaskConnections, dimensions=("skymap", "band")):
    """Nothing in but files that the configuration names, a model package out."""

    model = ct.Output(
        doc="The network, trained further.",
        name="finetuned_morphology_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap", "band"),
    )


class FinetuneMorphologyConfig(
    PipelineTaskConfig, pipelineConnections=FinetuneMorphologyConnections
):
    """Configuration of `FinetuneMorphologyTask`."""

    start = Field[str](
        doc="Model package to start from: the name of a shipped one, or a folder.",
        default="compact_lsst",
    )
    galaxies = ListField[str](
        doc="FITS files with galaxies of known morphology: HDUs IMAGE (a cube of cutouts), PSF, and"
        " the table GALAXIES with at least bulgeToTotal, halfLightRadius [arcsec] and flux [nJy].",
        default=[],
    )
    fit = ConfigField(
        doc="How the network is fitted; n_galaxies counts each as often as it is seen.",
        dtype=FitConfig,
    )
    frozen = ChoiceField[str](
        doc="Layers that keep their weights: the fewer galaxies, the more.",
        allowed={
            "none": "all layers learn",
            "transformer": "the choice of the zoom stays",
            "convolutions": "the zoom and all convolutions stay",
            "all_but_head": "only the layers that join features and numbers learn",
        },
        default="none",
        optional=False,
    )
    apart_share = RangeField[float](
        doc="Share of the galaxies that is kept apart, to stop by and to recalibrate on.",
        default=0.3,
        min=0.0,
        max=1.0,
        inclusiveMin=False,
        inclusiveMax=False,
    )
    look_every = Field[int](
        doc="Steps between looks at the galaxies kept apart.",
        default=25,
        check=lambda number: number >= 1,
    )
    patience = Field[int](
        doc="Looks without a better loss after which the training stops.",
        default=8,
        check=lambda number: number >= 1,
    )
    name = Field[str](
        doc="Name of the model package; that of the start, and _finetuned, if not given.",
        default="",
    )
    version = Field[str](doc="Version of the model package.", default="1")
    seed = Field[int](doc="Seed of all randomness.", default=1, check=lambda value: value >= 0)

    def setDefaults(self) -> None:
        """Train gently."""
        self.fit.n_galaxies = 40_000
        self.fit.batch_size = 64
        self.fit.learning_rate = 5e-4

    def validate(self) -> None:
        """Check what single fields cannot."""
        super().validate()
        if self.fit.processes != 1:
            raise BadInputError("fit.processes: finetuning takes one process; give 1.")


class FinetuneMorphologyTask(PipelineTask):
    """Train a network further, as transfer learning to other images."""

    ConfigClass = FinetuneMorphologyConfig
    _DefaultName = "finetuneMorphology"

    def run(self, scene: int = 0) -> Struct:
        """Train a network further.

        Parameters
        ----------
        scene : `int`, optional
            Number of the training, 0 or more; each has its own choice of
            galaxies to keep apart.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``model``, a `~meas_blends.data.packages.ModelPackage`.

        Raises
        ------
        BadInputError
            If no galaxies are given, or they or the start cannot be used.
        """
        from ..morphology.compact import choose_device
        from ..morphology.training.finetune import finetune
        from ..morphology.training.known_galaxies import KnownGalaxies
        from ..morphology.training.learners import learner_of

        config = self.config
        if not config.galaxies:
            raise BadInputError("galaxies: no file is given; name at least one in galaxies.")
        package = find_package(config.start)
        learner = learner_of(package, choose_device(config.fit.device))
        known = KnownGalaxies.of_sets(
            [GalaxySet.read(path) for path in config.galaxies], learner.stamp_size
        )
        settings = config.fit.settings(look_every=config.look_every, patience=config.patience)
        tuned, metrics = finetune(
            learner,
            known,
            settings,
            [config.seed, scene],
            config.apart_share,
            config.frozen,
            log_progress(self.log),
        )
        about = {
            "seed": [config.seed, scene],
            "start": package.label,
            "galaxies": [Path(path).name for path in config.galaxies],
            "settings": {
                name: getattr(config, name) for name in ("frozen", "apart_share", "look_every")
            }
            | {k: v for k, v in config.fit.toDict().items() if k != "folder"},
            "start_training": package.meta.get("training", {}),
        }
        name = config.name or f"{package.name}_finetuned"
        return Struct(
            model=tuned.package({"training": about, "test": metrics}, name, config.version)
        )
