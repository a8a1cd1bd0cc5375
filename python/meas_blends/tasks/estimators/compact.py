"""The compact network as a morphology estimator."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
from lsst.pex.config import Config, Field
from lsst.pipe.base import Struct

from ...data.packages import MORPHOLOGY_COMPACT, ModelPackage
from .trained import TrainedEstimatorTask

if TYPE_CHECKING:
    from ...morphology.compact import CompactEstimator
    from ...morphology.refinement.settings import RefinementSettings
    from ...morphology.stamps import Stamps

__all__ = ["CompactEstimatorConfig", "CompactEstimatorTask"]

#: Largest side of stamps that are refined unasked [pixel].
_REFINED_SIZE = 64


class CompactEstimatorConfig(Config):
    """Configuration of `CompactEstimatorTask`."""

    model = Field[str](
        doc="Model package: the name of a shipped one, or a folder.", default="compact_lsst"
    )
    device = Field[str](
        doc="Where the network runs: auto (a GPU if there is one), cpu, cuda, cuda:1...",
        default="auto",
    )
    batch_size = Field[int](
        doc="Stamps that pass through the network at once.",
        default=128,
        check=lambda size: size >= 1,
    )
    refine = Field[bool](
        doc="Fit bulge and disk to the pixels, from the network's answer, where that brings a"
        " galaxy nearer to the truth? If not given: with a model that is calibrated for it and"
        " whose stamps have at most 64 pixels a side, larger ones taking long.",
        default=None,
        optional=True,
    )
    refine_above = Field[float](
        doc="S/N in the aperture from which galaxies are refined.",
        default=10.0,
        check=lambda signal: signal >= 0,
    )
    psf_error = Field[float](
        doc="Relative error of the PSF's width, over which a refined posterior is marginalised.",
        default=0.01,
        check=lambda error: error > 0,
    )
    sky_error = Field[float](
        doc="Scatter of the sky left in the coadd, over which a refined posterior is marginalised"
        " [sky noise of a pixel].",
        default=0.02,
        check=lambda error: error > 0,
    )
    sky_electrons = Field[float](
        doc="Electrons of the sky in a pixel over their own Poisson noise, from which the galaxy's"
        " own Poisson noise follows in a refinement.",
        default=250.0,
        check=lambda electrons: electrons > 0,
    )
    widen = Field[bool](
        doc="Widen and shift refined posteriors by what a model that does not fit is off by, as a"
        " model package that has learned it says?",
        default=True,
    )
    misfit_above = Field[float](
        doc="Significance of what a fit leaves in the pixels, from which it is flagged MISFIT, in"
        " standard deviations.",
        default=5.0,
        check=lambda sigma: sigma > 0,
    )


class CompactEstimatorTask(TrainedEstimatorTask):
    """Posterior from one pass of a compact network after GaMPEN, and a fit from there.

    An estimator has a ``stamp_size`` [pixel], a ``model_label`` for the
    table, and a ``run``.
    """

    ConfigClass = CompactEstimatorConfig
    _DefaultName = "compactEstimator"
    kind = MORPHOLOGY_COMPACT

    def load(self, package: ModelPackage) -> CompactEstimator:
        """Build the network, on its device."""
        # torch is slow to import: pay for it only where a model runs.
        from ...morphology.compact import CompactEstimator, choose_device

        return CompactEstimator.from_package(package, choose_device(self.config.device))

    def run(self, stamps: Stamps) -> Struct:
        """Measure stamps.

        Parameters
        ----------
        stamps : `~meas_blends.morphology.stamps.Stamps`
            ``n`` stamps of side `stamp_size`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``posterior``, a `~meas_blends.morphology.posterior.Posterior` of
            radii in pixels and fluxes in units of the stamps' ``sigma``;
            ``outside``, `bool` (n,): unlike what the model was trained on;
            and, only of an estimator that refines, ``refined``, `bool` (n,):
            is the posterior that of a fit to the pixels?, ``residuals``, a
            `~meas_blends.morphology.refinement.residuals.Residuals` of the
            fits, and ``misfit``, `bool` (n,): do they not fit?
        """
        prediction = self.estimator.predict(stamps, self.config.batch_size)
        outside = self.estimator.outside_training(
            stamps.psf_sigma,
            np.full(len(stamps), stamps.pixel_scale),
            prediction.signal_to_noise,
        )
        if not self._refines():
            return Struct(posterior=prediction.posterior, outside=outside)
        from ...morphology.refinement.refine import refine_stamps

        estimator, signal = self.estimator, prediction.signal_to_noise
        refined = refine_stamps(
            stamps, prediction.posterior, signal, self._settings(), estimator.device
        )
        if estimator.refined_calibration is not None:
            refined = refined.recalibrated(estimator.refined_calibration, signal)
        if estimator.misfit is not None and self.config.widen:
            refined = refined.widened(estimator.misfit)
        return Struct(
            posterior=refined.posterior,
            outside=outside,
            refined=refined.fitted,
            residuals=refined.residuals,
            # NaN, where there is no fit, is not above it.
            misfit=refined.residuals.significance > self.config.misfit_above,
        )

    def _refines(self) -> bool:
        """Is there to be a refinement?"""
        if self.config.refine is not None:
            return self.config.refine
        calibrated = self.estimator.refined_calibration is not None
        return calibrated and self.stamp_size <= _REFINED_SIZE

    def _settings(self) -> RefinementSettings:
        """What the configuration and the model package say of a refinement."""
        from ...morphology.refinement.settings import RefinementSettings

        prior = dataclasses.replace(
            self.estimator.prior, psf_width=self.config.psf_error, sky=self.config.sky_error
        )
        return RefinementSettings(
            prior=prior,
            least_signal=self.config.refine_above,
            sky_electrons=self.config.sky_electrons,
        )
