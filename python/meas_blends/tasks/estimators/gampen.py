"""GaMPEN as a morphology estimator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsst.pex.config import ChoiceField, Config, Field
from lsst.pipe.base import Struct

from ...data.packages import MORPHOLOGY_GAMPEN, ModelPackage
from ...errors import BadInputError
from .trained import TrainedEstimatorTask

if TYPE_CHECKING:
    from ...morphology.gampen.estimator import GampenEstimator
    from ...morphology.stamps import Stamps

__all__ = ["GampenEstimatorConfig", "GampenEstimatorTask"]


class GampenEstimatorConfig(Config):
    """Configuration of `GampenEstimatorTask`."""

    model = Field[str](
        doc="Model package: a folder that 'blendtask import-gampen' or a training wrote. None is"
        " shipped.",
        default="",
    )
    device = Field[str](
        doc="Where the network runs: auto (a GPU if there is one), cpu, cuda, cuda:1...",
        default="auto",
    )
    batch_size = Field[int](
        doc="Stamps that pass through the network at once; each takes 80 MB at 239 pixels.",
        default=8,
        check=lambda size: size >= 1,
    )
    passes = Field[int](
        doc="Passes with dropout, each of which gives a Gaussian; 0 for a single one without.",
        default=20,
        check=lambda number: number >= 0,
    )
    draws = Field[int](
        doc="Draws from the Gaussian of each pass; 0 takes the mixture of the Gaussians itself, the"
        " limit of many draws.",
        default=0,
        check=lambda number: number >= 0,
    )
    seed = Field[int](
        doc="Seed of dropouts and draws; with one seed an image has one posterior.",
        default=0,
        check=lambda value: value >= 0,
    )
    public_pipeline = Field[bool](
        doc="Give the numbers of the public GaMPEN pipeline, quirks included: see doc/gampen.md.",
        default=False,
    )
    neighbours = ChoiceField[str](
        doc="What takes the place of neighbours in the stamps.",
        allowed={
            "noise": "sky noise",
            "mask": "zeros",
            "keep": "nothing: they stay, as in the training of the published models",
        },
        default="noise",
    )

    def validate(self) -> None:
        """Check the fields together."""
        super().validate()
        if max(self.passes, 1) * self.draws == 1:
            raise ValueError("a single draw has no scatter; give more passes or draws, or draws=0")


class GampenEstimatorTask(TrainedEstimatorTask):
    """Posterior from Monte Carlo dropout through GaMPEN (Ghosh et al. 2022)."""

    ConfigClass = GampenEstimatorConfig
    _DefaultName = "gampenEstimator"
    kind = MORPHOLOGY_GAMPEN

    @property
    def package(self) -> ModelPackage:
        """The model package.

        Raises
        ------
        BadInputError
            If there is none.
        """
        if self._package is None:
            raise BadInputError(
                "gampen: no model is given, and none is shipped; make one of published weights with"
                " 'blendtask import-gampen', and set model to its folder."
            )
        return self._package

    def load(self, package: ModelPackage) -> GampenEstimator:
        """Build the network, on its device."""
        # torch is slow to import: pay for it only where a model runs.
        from ...morphology.compact import choose_device
        from ...morphology.gampen.estimator import GampenEstimator

        return GampenEstimator.from_package(
            package,
            choose_device(self.config.device),
            passes=self.config.passes,
            draws=self.config.draws,
            seed=self.config.seed,
            public_pipeline=self.config.public_pipeline,
        )

    @property
    def neighbours(self) -> str:
        """How neighbours are treated in the stamps, see `~meas_blends.morphology.stamps`."""
        return self.config.neighbours

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
            ``outside``, `bool` (n,): unlike what the model was trained on; and
            ``crop_scale``, `float` (n,): the share of each side that it
            looked at.
        """
        prediction = self.estimator.predict(stamps, self.config.batch_size)
        return Struct(
            posterior=prediction.posterior,
            outside=self.estimator.outside_training(stamps),
            crop_scale=prediction.crop_scale,
        )
