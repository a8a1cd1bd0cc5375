"""Other codes on stamps whose galaxy is known."""

import galsim
import numpy as np
import pytest
from astropy.table import Table

from meas_blends.data.galaxy_sets import GalaxySet
from meas_blends.evaluation.morphology.peers import PEERS, Peer, measure_peer, missing_library
from meas_blends.morphology.set_stamps import SetStamps

SCALE, FLUX, SIGMA, SIZE = 0.2, 4000.0, 2.0, 48


@pytest.fixture(scope="module")
def stamps():
    """One bulge + disk galaxy, almost without noise, off the centre of its pixel."""
    psf = galsim.Kolmogorov(fwhm=3.5)
    bulge = galsim.DeVaucouleurs(half_light_radius=2.5)
    disk = galsim.Exponential(half_light_radius=4.0).shear(q=0.8, beta=40 * galsim.degrees)
    galaxy = galsim.Convolve(FLUX * (0.4 * bulge + 0.6 * disk), psf).shift(0.2, -0.3)
    middle = (SIZE // 2 + 1, SIZE // 2 + 1)
    image = galaxy.drawImage(nx=SIZE, ny=SIZE, scale=1.0, center=middle).array
    kernel = psf.drawImage(nx=35, ny=35, scale=1.0).array
    noise = np.random.default_rng(1).normal(0, 0.1, image.shape)
    truth = Table({"bulgeToTotal": [0.4], "halfLightRadius": [1.0], "flux": [FLUX]})
    truth["skySigma"] = SIGMA
    galaxies = GalaxySet((image + noise)[None], kernel, truth, SCALE, 27.0)
    return SetStamps(galaxies, SIZE).cut(slice(None))


def test_the_fit_finds_bulge_and_disk(stamps):
    values, seconds = measure_peer(PEERS["galsim_fit"], stamps)
    share, radius, flux = values[0]
    assert share == pytest.approx(0.4, abs=0.05)
    assert flux * SIGMA == pytest.approx(FLUX, rel=0.03)
    # Between the two radii; the disk's major axis is 1 / sqrt(0.8) longer.
    assert 3.0 < radius < 4.4
    assert seconds[0] > 0


@pytest.mark.parametrize(("name", "tolerance"), [("photutils", 0.15), ("statmorph", 0.25)])
def test_peers_that_may_be_there(stamps, name, tolerance):
    pytest.importorskip(PEERS[name].library)
    values, _ = measure_peer(PEERS[name], stamps)
    share, radius, flux = values[0]
    assert np.isnan(share)
    assert flux * SIGMA == pytest.approx(FLUX, rel=tolerance)
    assert 2.0 < radius < 7.0
    assert PEERS[name].version()


def test_a_peer_that_stumbles_has_failed(stamps):
    def stumble(stamp):
        raise RuntimeError("no")

    values, _ = measure_peer(Peer("galsim", stumble), stamps)
    assert np.isnan(values).all()
    values, _ = measure_peer(Peer("galsim", lambda stamp: (0.5, -1.0, 3.0)), stamps)
    assert np.isnan(values).all()


def test_what_is_not_installed(monkeypatch):
    monkeypatch.setitem(PEERS, "absent", Peer("no_such_library", lambda stamp: (0.5, 1.0, 1.0)))
    assert missing_library("absent") == "no_such_library"
    assert missing_library("galsim_fit") == ""
