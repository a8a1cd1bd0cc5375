"""The compact network as a morphology estimator."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
from lsst.pex.config import Config, Field
from lsst.pipe.base import Struct, Task

from ...data.packages import MORPHOLOGY_COMPACT, find_package

if TYPE_CHECKING:
    from ...morphology.compact import CompactEstimator
    from ...morphology.stamps import Stamps

__all__ = ["CompactEstimatorConfig", "CompactEstimatorTask"]


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


class CompactEstimatorTask(Task):
    """Posterior from one pass of a compact network after GaMPEN.

    An estimator has a ``stamp_size`` [pixel], a ``model_label`` for the
    table, and a ``run``; the model is read when it is first needed.
    """

    ConfigClass = CompactEstimatorConfig
    _DefaultName = "compactEstimator"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        # Read here, so that a wrong name fails before any image is touched.
        self.package = find_package(self.config.model, MORPHOLOGY_COMPACT)

    @functools.cached_property
    def estimator(self) -> CompactEstimator:
        """The network, on its device."""
        # torch is slow to import: pay for it only where a model runs.
        from ...morphology.compact import CompactEstimator, choose_device

        return CompactEstimator.from_package(self.package, choose_device(self.config.device))

    @property
    def stamp_size(self) -> int:
        """Side of the stamps that the model takes [pixel]."""
        return self.estimator.stamp_size

    @property
    def model_label(self) -> str:
        """Name and version of the model package."""
        return self.package.label

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
            radii in pixels and fluxes in units of the stamps' ``sigma``; and
            ``outside``, `bool` (n,): unlike what the model was trained on.
        """
        prediction = self.estimator.predict(stamps, self.config.batch_size)
        outside = self.estimator.outside_training(
            stamps.psf_sigma,
            np.full(len(stamps), stamps.pixel_scale),
            prediction.signal_to_noise,
        )
        return Struct(posterior=prediction.posterior, outside=outside)
