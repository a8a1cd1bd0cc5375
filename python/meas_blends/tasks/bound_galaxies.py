"""Compute the least scatter that the pixels of each galaxy allow."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.galaxy_sets import GalaxySet
from ..simulation.survey import survey_of_band
from .dimensions import IMAGE

__all__ = ["BoundGalaxiesConfig", "BoundGalaxiesConnections", "BoundGalaxiesTask"]


class BoundGalaxiesConnections(PipelineTaskConnections, dimensions=IMAGE):
    """A simulated set in, the bounds of its galaxies out."""

    galaxies = ct.Input(
        doc="Simulated galaxies, with all that they were made of.",
        name="galaxies",
        storageClass="GalaxySet",
        dimensions=IMAGE,
    )
    bounds = ct.Output(
        doc="One row a galaxy: the Cramer-Rao bounds with priors.",
        name="galaxy_bounds",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )


class BoundGalaxiesConfig(PipelineTaskConfig, pipelineConnections=BoundGalaxiesConnections):
    """Configuration of `BoundGalaxiesTask`."""

    survey = Field[str](
        doc="Survey that the galaxies were simulated in, for their Poisson noise; that of"
        " simulate_galaxies.",
        default="hsc_g",
    )
    n_galaxies = Field[int](
        doc="Compute the bounds of the first so many galaxies of each set.",
        default=1000,
        check=lambda number: number >= 0,
    )
    size = Field[int](
        doc="Side of the stamps that are measured [pixel]; of cutouts that are smaller, theirs.",
        default=64,
        check=lambda size: size >= 16,
    )
    psf_error = Field[float](
        doc="Relative error of the PSF's width that the bound is marginalised over; as good as"
        " none if not given.",
        default=1e-4,
        check=lambda error: error > 0,
    )
    sky_error = Field[float](
        doc="Scatter of the sky left that the bound is marginalised over [sky noise of a pixel]; as"
        " good as none if not given.",
        default=1e-4,
        check=lambda error: error > 0,
    )


class BoundGalaxiesTask(PipelineTask):
    """Invert the Fisher information of pixels and priors for each galaxy."""

    ConfigClass = BoundGalaxiesConfig
    _DefaultName = "boundGalaxies"

    def run(self, galaxies: GalaxySet) -> Struct:
        """Compute the bounds of one set.

        Parameters
        ----------
        galaxies : `~meas_blends.data.galaxy_sets.GalaxySet`

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``bounds``, `~meas_blends.data.galaxy_outcome_tables.GALAXY_BOUNDS`.

        Raises
        ------
        BadInputError
            If the set does not say what its galaxies are made of, or there is
            no such survey.
        """
        from ..evaluation.morphology.bounds import bound_set
        from ..morphology.conditions import Conditions

        config = self.config
        survey = survey_of_band(config.survey, galaxies.band or None)
        seeing = (survey.psf_fwhm, survey.psf_fwhm)
        electrons = Conditions.of_survey(survey, seeing).sky_electrons[0]
        found = bound_set(
            galaxies, config.n_galaxies, config.size, electrons, config.psf_error, config.sky_error
        )
        return Struct(bounds=found)
