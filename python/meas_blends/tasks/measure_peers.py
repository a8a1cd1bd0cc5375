"""Measure some galaxies of a set with other codes."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from lsst.pex.config import Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.galaxy_outcome_tables import PEER_MEASURED
from ..data.galaxy_sets import GalaxySet
from .dimensions import IMAGE

__all__ = ["MeasurePeersConfig", "MeasurePeersConnections", "MeasurePeersTask"]

#: Names of `~meas_blends.evaluation.morphology.peers.PEERS`, which needs scipy and galsim.
_PEERS = ("photutils", "statmorph", "galsim_fit")


class MeasurePeersConnections(PipelineTaskConnections, dimensions=IMAGE):
    """A set of galaxies in, what other codes say of some of them out."""

    galaxies = ct.Input(
        doc="Cutouts of galaxies.",
        name="galaxies",
        storageClass="GalaxySet",
        dimensions=IMAGE,
    )
    measured = ct.Output(
        doc="One row a galaxy and peer.",
        name="peer_measured",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )


class MeasurePeersConfig(PipelineTaskConfig, pipelineConnections=MeasurePeersConnections):
    """Configuration of `MeasurePeersTask`."""

    peers = ListField[str](
        doc=f"Which codes, of {', '.join(_PEERS)}; one that is not installed is left out.",
        default=list(_PEERS),
        itemCheck=lambda name: name in _PEERS,
    )
    n_galaxies = Field[int](
        doc="Measure the first so many galaxies of each set: some codes take seconds for one.",
        default=10,
        check=lambda number: number >= 0,
    )
    size = Field[int](
        doc="Side of the stamps that they are given [pixel], no larger than the cutouts.",
        default=64,
        check=lambda size: size >= 16,
    )


class MeasurePeersTask(PipelineTask):
    """Give the same stamps to other codes, one galaxy at a time."""

    ConfigClass = MeasurePeersConfig
    _DefaultName = "measurePeers"

    def run(self, galaxies: GalaxySet) -> Struct:
        """Measure the first galaxies of a set with each peer that is installed.

        Parameters
        ----------
        galaxies : `~meas_blends.data.galaxy_sets.GalaxySet`

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``measured``, `~meas_blends.data.galaxy_outcome_tables.PEER_MEASURED`.
        """
        from ..evaluation.morphology.peers import PEERS, measure_peer, missing_library
        from ..morphology.set_stamps import SetStamps

        number = min(self.config.n_galaxies, len(galaxies))
        stamps = SetStamps(galaxies, min(self.config.size, galaxies.size)).cut(slice(0, number))
        factors = np.ones((number, 3))
        factors[:, 1] = galaxies.pixel_scale
        factors[:, 2] = galaxies.nanojansky_per_count * stamps.sigma
        known = galaxies.galaxies
        keys = known["galaxyId"] if "galaxyId" in known.colnames else np.arange(len(galaxies))
        parts = [PEER_MEASURED.make()]
        for name in self.config.peers:
            library = missing_library(name)
            if library:
                self.log.info("%s is not installed: %s is left out", library, name)
                continue
            values, seconds = measure_peer(PEERS[name], stamps)
            self.log.info("%s: %.3g s a galaxy", name, float(np.mean(seconds)))
            values = values * factors
            failed = ~np.isfinite(values[:, 1:]).all(axis=1)
            row = {
                "galaxyId": np.asarray(keys)[:number],
                "method": name,
                "bulgeToTotal": values[:, 0],
                "halfLightRadius": values[:, 1],
                "flux": values[:, 2],
                "seconds": seconds,
                "version": PEERS[name].version(),
                "flags": np.where(failed, PEER_MEASURED.flag("FAILED"), 0),
            }
            parts.append(PEER_MEASURED.make(row))
        columns = {
            name: np.concatenate([np.asarray(part[name]) for part in parts])
            for name in parts[0].colnames
        }
        return Struct(measured=PEER_MEASURED.make(columns))
