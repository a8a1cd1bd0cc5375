"""Other codes on the galaxies of a set."""

import numpy as np
import pytest
from astropy.table import Table
from lsst.pipe.base import testUtils

from meas_blends.data.galaxy_outcome_tables import PEER_MEASURED
from meas_blends.data.galaxy_sets import GalaxySet
from meas_blends.detection.psf import gaussian_psf
from meas_blends.evaluation.morphology.peers import PEERS, Peer
from meas_blends.tasks.measure_peers import MeasurePeersTask


def run(monkeypatch, measure, library="galsim", **fields):
    monkeypatch.setitem(PEERS, "galsim_fit", Peer(library, measure))
    config = MeasurePeersTask.ConfigClass()
    config.peers = ["galsim_fit"]
    for name, value in fields.items():
        setattr(config, name, value)
    images = np.zeros((5, 40, 40), np.float32)
    truth = Table({"bulgeToTotal": [0.5] * 5, "halfLightRadius": [1.0] * 5, "flux": [9.0] * 5})
    truth["skySigma"] = 2.0
    galaxies = GalaxySet(images, gaussian_psf(1.5), truth, 0.2, 31.4)
    return MeasurePeersTask(config=config).run(galaxies).measured


def test_connections():
    testUtils.lintConnections(MeasurePeersTask.ConfigClass.ConnectionsClass)


def test_values_in_arcsec_and_nanojansky(monkeypatch):
    sizes = []

    def measure(stamp):
        sizes.append(stamp.image.shape)
        return 0.25, 4.0, 100.0

    table = run(monkeypatch, measure, n_galaxies=3, size=32)
    PEER_MEASURED.check(table)
    assert sizes == [(32, 32)] * 3
    np.testing.assert_array_equal(table["galaxyId"], [0, 1, 2])
    np.testing.assert_allclose(table["halfLightRadius"], 0.8)
    # A zero point of 31.4: one count is one nJy; two counts are one sigma.
    np.testing.assert_allclose(table["flux"], 200.0)
    assert (table["flags"] == 0).all() and set(table["method"]) == {"galsim_fit"}


def test_failures_keep_their_row(monkeypatch):
    table = run(monkeypatch, lambda stamp: (0.5, np.nan, 1.0))
    assert len(table) == 5 and (table["flags"] == PEER_MEASURED.flag("FAILED")).all()


def test_a_peer_that_is_not_installed_is_left_out(monkeypatch):
    table = run(monkeypatch, pytest.fail, library="no_such_library")
    assert len(table) == 0
