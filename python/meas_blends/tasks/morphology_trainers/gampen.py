"""Trainer of GaMPEN."""

from __future__ import annotations

from collections.abc import Sequence

from lsst.pex.config import ConfigField, Field, ListField

from ...data.packages import ModelPackage
from ...simulation.survey import Survey
from ..galaxy_config import PopulationConfig, is_range
from .trainer import FitConfig, MorphologyTrainerTask, log_progress

__all__ = ["GampenTrainerConfig", "GampenTrainerTask"]

#: Convolutions of VGG-16's five blocks.
_DEPTHS = (2, 2, 3, 3, 3)


class GampenTrainerConfig(FitConfig):
    """Configuration of `GampenTrainerTask`."""

    galaxies = ConfigField(doc="Which galaxies to learn from.", dtype=PopulationConfig)
    survey = Field[str](
        doc="Survey that gives pixels and noise: the name of a shipped one, or a YAML file.",
        default="hsc_g",
    )
    psf_fwhm = ListField[float](
        doc="FWHM of the Kolmogorov PSF [arcsec], low and high.",
        default=[0.6, 1.0],
        listCheck=is_range,
    )
    cutout_size = Field[int](
        doc="Side of the images [pixel].", default=239, check=lambda size: size >= 33
    )
    channels = Field[int](
        doc="Channels of the network, which all see the one band.",
        default=3,
        check=lambda number: number >= 1,
    )
    localisation = ListField[int](
        doc="Channels of the two convolutions that choose the zoom.",
        default=[64, 96],
        length=2,
        itemCheck=lambda width: width >= 1,
    )
    widths = ListField[int](
        doc="Channels of VGG-16's five blocks.",
        default=[64, 128, 256, 512, 512],
        length=5,
        itemCheck=lambda width: width >= 1,
    )
    hidden = ListField[int](
        doc="Widths of VGG-16's two hidden layers.",
        default=[4096, 4096],
        length=2,
        itemCheck=lambda width: width >= 1,
    )
    dropout_rates = ListField[float](
        doc="Dropout rates to train at; the one that covers best is kept (Ghosh et al. 2022, Fig."
        " 8).",
        default=[2e-4, 7e-4, 2e-3],
        minLength=1,
        itemCheck=lambda rate: 0 <= rate < 1,
    )
    passes = Field[int](
        doc="Passes with dropout for each galaxy that coverage is measured on.",
        default=20,
        check=lambda number: number >= 1,
    )
    n_choice = Field[int](
        doc="Galaxies that the dropout rate is chosen on.",
        default=2000,
        check=lambda number: number >= 20,
    )
    n_test = Field[int](
        doc="Galaxies that the reported metrics come from.",
        default=2000,
        check=lambda number: number >= 20,
    )

    def setDefaults(self) -> None:
        """Choose the galaxies, and a rate that the deep network bears."""
        self.galaxies.population = "table1"
        self.batch_size = 16
        self.learning_rate = 1e-4
        self.weight_decay = 1e-4


class GampenTrainerTask(MorphologyTrainerTask):
    """Train GaMPEN on galaxies drawn as it learns."""

    ConfigClass = GampenTrainerConfig
    _DefaultName = "gampenTrainer"

    def run(self, seed: Sequence[int], name: str, version: str) -> ModelPackage:
        """See `MorphologyTrainerTask.run`."""
        # torch is slow to import: only where a model is trained.
        from ...morphology.conditions import Conditions
        from ...morphology.gampen.network import GampenArchitecture
        from ...morphology.training.gampen import GampenTraining, train_gampen

        config = self.config
        survey = Survey.named(config.survey)
        architecture = GampenArchitecture(
            cutout_size=config.cutout_size,
            channels=config.channels,
            localisation=tuple(config.localisation),
            blocks=tuple(
                (width,) * depth for width, depth in zip(config.widths, _DEPTHS, strict=True)
            ),
            hidden=tuple(config.hidden),
        )
        training = GampenTraining(
            population=config.galaxies.make(),
            conditions=Conditions.of_survey(survey, tuple(config.psf_fwhm)),
            survey=survey,
            architecture=architecture,
            dropout_rates=tuple(config.dropout_rates),
            n_choice=config.n_choice,
            n_test=config.n_test,
            passes=config.passes,
        )
        estimator, metrics = train_gampen(seed, training, config.settings, log_progress(self.log))
        about = self.about(seed, "gampen")
        return estimator.to_package(
            name or "gampen",
            version,
            "GaMPEN, trained on simulated galaxies",
            {"training": about, "test": metrics},
        )
