"""Dimensions of datasets, and tasks whose own depend on their configuration."""

from __future__ import annotations

import dataclasses

from lsst.pipe.base import PipelineTaskConnections

__all__ = ["BAND", "IMAGE", "PATCH", "drop_band"]

#: Of one band of one patch.
IMAGE = ("skymap", "tract", "patch", "band")

#: Of one patch over its bands.
PATCH = ("skymap", "tract", "patch")

#: Of all patches in one band, as models are.
BAND = ("skymap", "band")


def drop_band(connections: PipelineTaskConnections, *names: str) -> None:
    """Make connections be of patches over their bands, not of images.

    Call it in the ``__init__`` of a connections class, after its parent's,
    for tasks that can also work on what was merged over bands.

    Parameters
    ----------
    connections : `lsst.pipe.base.PipelineTaskConnections`
        Changed in place.
    *names : `str`
        Attributes: the connections to change.
    """
    for name in names:
        connection = getattr(connections, name)
        changed = dataclasses.replace(connection, dimensions=set(connection.dimensions) - {"band"})
        setattr(connections, name, changed)
