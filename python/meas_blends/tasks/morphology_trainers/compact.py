"""Trainer of the compact network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lsst.pex.config import ConfigField, Field, ListField

from ...data.packages import ModelPackage
from ...simulation.survey import Survey
from ..galaxy_config import PopulationConfig, is_range
from .trainer import FitConfig, MorphologyTrainerTask, log_progress

if TYPE_CHECKING:
    from ...morphology.conditions import Conditions
    from ...morphology.training.compact import CompactTraining

__all__ = ["CompactTrainerConfig", "CompactTrainerTask"]


class CompactTrainerConfig(FitConfig):
    """Configuration of `CompactTrainerTask`."""

    galaxies = ConfigField(doc="Which galaxies to learn from.", dtype=PopulationConfig)
    survey = Field[str](
        doc="Survey that gives pixels and noise, the name of a shipped one or a YAML file; each"
        " stamp then shows one galaxy and nothing else. If not given, pixels, depth and noise"
        " vary, and neighbours, borders, an unknown sky level and an inexact PSF are drawn too.",
        default="",
    )
    psf_fwhm = ListField[float](
        doc="FWHM of the Kolmogorov PSF [arcsec], low and high.",
        default=[0.5, 1.1],
        listCheck=is_range,
    )
    pixel_scale = ListField[float](
        doc="Pixel scale [arcsec], low and high: HSC's to LSST's. A survey has its own.",
        default=[0.165, 0.202],
        listCheck=is_range,
    )
    noise_correlation = ListField[float](
        doc="Correlation of the noise of pixels side by side, low and high.",
        default=[0.0, 0.5],
        listCheck=lambda ends: len(ends) == 2 and 0 <= ends[0] <= ends[1] <= 0.5,
    )
    stamp_size = Field[int](
        doc="Side of the stamps [pixel].", default=64, check=lambda size: 16 <= size <= 512
    )
    views = ListField[int](
        doc="Binning of each view of the stamp's centre [pixel]; a large stamp needs a wide view"
        " beside the one that shows every pixel.",
        default=[1],
        minLength=1,
        itemCheck=lambda binning: binning >= 1,
    )
    view_size = Field[int](
        doc="Side of the views [binned pixel], a multiple of 32.",
        default=64,
        check=lambda size: 32 <= size <= 128 and size % 32 == 0,
    )
    apertures = ListField[float](
        doc="Widths of the Gaussian apertures whose fluxes the network is told, in widths of the"
        " PSF.",
        default=[2.0, 3.2, 5.0, 8.0],
        minLength=1,
        itemCheck=lambda width: width > 0,
    )
    widths = ListField[int](
        doc="Channels of the network's five stages.",
        default=[24, 32, 64, 96, 128],
        length=5,
        itemCheck=lambda width: width > 0,
    )
    members = Field[int](
        doc="Networks to train, one after the other; the posterior is their equal mixture. Each"
        " takes as long as one alone, to train and to use.",
        default=1,
        check=lambda number: 1 <= number <= 16,
    )
    n_calibration = Field[int](
        doc="Galaxies to recalibrate the posterior on.",
        default=50_000,
        check=lambda number: number >= 100,
    )
    calibration_bins = Field[int](
        doc="Bins of S/N, of equal width in its logarithm, that are calibrated apart.",
        default=20,
        check=lambda number: number >= 1,
    )
    seeing_bins = Field[int](
        doc="Bins of the PSF's width, of equal width in its logarithm, that are calibrated apart"
        " before those of S/N; 1: the seeing makes no difference.",
        default=8,
        check=lambda number: number >= 1,
    )
    n_refined = Field[int](
        doc="Galaxies to recalibrate refined posteriors on, at some 10 ms each for stamps of 64"
        " pixels, and 30 times that for the largest of GaMPEN; 0: they stay as they are.",
        default=12_000,
        check=lambda number: number >= 0,
    )
    refined_bins = Field[int](
        doc="Bins of S/N, of equal width in its logarithm, in which refined posteriors are"
        " calibrated apart.",
        default=6,
        check=lambda number: number >= 1,
    )
    n_misfit = Field[int](
        doc="Galaxies, half of them with arms, bars, knots, cuts and tails, to learn from what a"
        " model that does not fit is off by, at some 30 ms each for stamps of 64 pixels; 0: refined"
        " posteriors are those of galaxies that are a bulge and a disk.",
        default=14_000,
        check=lambda number: number >= 0,
    )
    n_test = Field[int](
        doc="Galaxies that the reported metrics come from.",
        default=20_000,
        check=lambda number: number >= 100,
    )

    def conditions(self) -> Conditions:
        """Return the `~meas_blends.morphology.conditions.Conditions`."""
        from ...morphology.conditions import Conditions

        psf_fwhm, correlation = tuple(self.psf_fwhm), tuple(self.noise_correlation)
        if self.survey:
            return Conditions.of_survey(Survey.named(self.survey), psf_fwhm, correlation)
        return Conditions(
            pixel_scale=tuple(self.pixel_scale), psf_fwhm=psf_fwhm, noise_correlation=correlation
        )

    def training(self) -> CompactTraining:
        """Return the `~meas_blends.morphology.training.compact.CompactTraining`."""
        # torch and GalSim are slow to import: only where a model is trained.
        from ...morphology.inputs import InputLayout
        from ...morphology.training.compact import CompactTraining

        return CompactTraining(
            population=self.galaxies.make(),
            conditions=self.conditions(),
            layout=InputLayout(
                self.stamp_size, tuple(self.views), self.view_size, tuple(self.apertures)
            ),
            widths=tuple(self.widths),
            n_calibration=self.n_calibration,
            n_test=self.n_test,
            calibration_bins=self.calibration_bins,
            n_refined=self.n_refined,
            refined_bins=self.refined_bins,
            n_misfit=self.n_misfit,
            seeing_bins=self.seeing_bins,
        )


class CompactTrainerTask(MorphologyTrainerTask):
    """Train the compact network on galaxies drawn as it learns."""

    ConfigClass = CompactTrainerConfig
    _DefaultName = "compactTrainer"

    def run(self, seed: Sequence[int], name: str, version: str) -> ModelPackage:
        """See `MorphologyTrainerTask.run`."""
        from ...morphology.training.compact import make_package, train_compact

        config = self.config
        training = config.training()
        estimator, metrics = train_compact(
            seed, training, config.settings(), log_progress(self.log), config.members
        )
        about = self.about(seed, "compact")
        return make_package(estimator, metrics, about, name or "compact", version)
