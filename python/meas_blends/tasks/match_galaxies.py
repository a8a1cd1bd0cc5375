"""Hold what several methods measured against the truth of a set of galaxies."""

from __future__ import annotations

import re

import lsst.pipe.base.connectionTypes as ct
from astropy.table import Table, vstack
from lsst.pex.config import ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.galaxy_outcome_tables import GALAXY_OUTCOMES
from ..data.galaxy_sets import GalaxySet
from ..errors import BadInputError
from .dimensions import IMAGE

__all__ = ["MatchGalaxiesConfig", "MatchGalaxiesConnections", "MatchGalaxiesTask"]


class MatchGalaxiesConnections(PipelineTaskConnections, dimensions=IMAGE):
    """Truth and measurements in, outcomes out.

    Each name in ``methods`` adds an input, ``measured_NAME``, whose dataset
    type is ``NAME_galaxy_measured``.
    """

    galaxies = ct.Input(
        doc="The set that was measured.",
        name="galaxies",
        storageClass="GalaxySet",
        dimensions=IMAGE,
    )
    bounds = ct.Input(
        doc="Least scatter that the pixels allow; may be missing.",
        name="galaxy_bounds",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        minimum=0,
    )
    peers = ct.Input(
        doc="What other codes say; may be missing.",
        name="peer_measured",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
        minimum=0,
    )
    outcomes = ct.Output(
        doc="One row a galaxy and method.",
        name="galaxy_outcomes",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )

    def __init__(self, *, config: PipelineTaskConfig | None = None) -> None:
        super().__init__(config=config)
        for method in config.methods:
            connection = ct.Input(
                doc=f"From {method}.",
                name=f"{method}_galaxy_measured",
                storageClass="ArrowAstropy",
                dimensions=IMAGE,
            )
            setattr(self, f"measured_{method}", connection)


class MatchGalaxiesConfig(PipelineTaskConfig, pipelineConnections=MatchGalaxiesConnections):
    """Configuration of `MatchGalaxiesTask`."""

    methods = ListField[str](
        doc="Names of what measured: the first part of the names of their datasets.",
        default=["compact"],
        minLength=1,
        itemCheck=lambda name: re.fullmatch(r"[A-Za-z]\w*", name) is not None,
    )

    def validate(self) -> None:
        """Check that no method is named twice."""
        super().validate()
        if len(set(self.methods)) < len(self.methods):
            raise BadInputError("methods: a name stands there twice; name each once.")


class MatchGalaxiesTask(PipelineTask):
    """Put posteriors, bounds and peers beside the truth of each galaxy."""

    ConfigClass = MatchGalaxiesConfig
    _DefaultName = "matchGalaxies"

    def run(
        self,
        galaxies: GalaxySet,
        bounds: Table | None = None,
        peers: Table | None = None,
        **measured: Table,
    ) -> Struct:
        """Match one set.

        Parameters
        ----------
        galaxies : `~meas_blends.data.galaxy_sets.GalaxySet`
        bounds, peers : `astropy.table.Table`, optional
            `~meas_blends.data.galaxy_outcome_tables.GALAXY_BOUNDS` and
            `~meas_blends.data.galaxy_outcome_tables.PEER_MEASURED`.
        **measured : `astropy.table.Table`
            ``measured_NAME`` of each method,
            `~meas_blends.data.galaxy_outcome_tables.GALAXY_MEASURED`.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``outcomes``, `~meas_blends.data.galaxy_outcome_tables.GALAXY_OUTCOMES`.

        Raises
        ------
        BadInputError
            If galaxies were measured that are not in the set.
        """
        from ..evaluation.morphology.outcomes import make_outcomes, peer_outcomes

        truth = galaxies.galaxies
        parts = [GALAXY_OUTCOMES.make()]
        for method in self.config.methods:
            parts.append(make_outcomes(truth, bounds, measured[f"measured_{method}"], method))
        if peers is not None and len(peers):
            parts.append(peer_outcomes(truth, bounds, peers))
        return Struct(outcomes=vstack(parts))
