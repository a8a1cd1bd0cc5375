"""Limits of pairs in the reference band of a patch."""

import numpy as np
import pytest
from astropy.table import Table
from lsst.pipe.base import InMemoryDatasetHandle, testUtils

from evaluation_scene import evaluation_scene
from meas_blends.errors import BadInputError
from meas_blends.tasks.limit_bands import LimitBandsTask
from meas_blends.tasks.limit_pairs import LimitPairsTask


def handle(coadd, band):
    return InMemoryDatasetHandle(coadd, band=band)


def test_connections():
    testUtils.lintConnections(LimitBandsTask.ConfigClass.ConnectionsClass)


def test_the_reference_band_alone_counts():
    scene = evaluation_scene()
    coadd, tables = scene["coadd"], {name: scene[name] for name in ("spans", "truth")}
    noisier = coadd.replace(variance=100 * coadd.variance)
    limits = LimitBandsTask().run(coadds=[handle(noisier, "g"), handle(coadd, "i")], **tables)
    alone = LimitPairsTask().run(coadd=coadd, **tables)
    assert len(alone.limits) > 0
    np.testing.assert_array_equal(limits.limits["sqrtDeltaChi2"], alone.limits["sqrtDeltaChi2"])


def test_a_missing_reference_is_told():
    coadds = [handle(None, "g"), handle(None, "r")]
    with pytest.raises(BadInputError, match="there is no i band"):
        LimitBandsTask().run(coadds=coadds, spans=Table(), truth=Table())
