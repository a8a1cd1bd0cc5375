"""Free images of galaxies that no Sersic profile fits."""

import numpy as np
import pytest

pytest.importorskip("scarlet2", reason="deblending needs the extra [deblend]")

from deblending_toys import GALAXIES, PSF, SHAPE, peaks_at, scene
from meas_blends.data.deblending_tables import CHILDREN
from meas_blends.deblending import free
from meas_blends.deblending.deblend import deblend

RING_FLUX = 6000.0


def ring():
    """A ring of light around the galaxy that is alone, as wide as the PSF leaves it."""
    y, x = np.indices(SHAPE)
    radius = np.hypot(x - GALAXIES[2][0], y - GALAXIES[2][1])
    light = np.exp(-0.5 * ((radius - 6.0) / 1.7) ** 2)
    return RING_FLUX * light / light.sum()


@pytest.fixture(scope="module")
def made():
    coadds, pixels, peaks = scene(ring())
    return coadds, deblend(coadds, pixels, peaks)


def flags(found, name):
    return (np.asarray(found.children["flags"]) & CHILDREN.flag(name) != 0).tolist()


def test_a_ring_is_followed(made):
    coadds, found = made
    assert flags(found, "FREE_FORM") == [False, False, True]
    assert not any(flags(found, "MISFIT"))
    for band in PSF:
        left = coadds[band].image - found.models.image(band, SHAPE, (100, 50))
        # The noise is 1, and the ring 10 above it.
        assert np.std(left[8:30, 58:82]) < 1.2
    assert found.children["ownChi2"][2] < 1.3


def test_fluxes_are_those_of_galaxy_and_ring(made):
    _, found = made
    flux = np.asarray(found.fluxes["flux"]).reshape(3, 2)
    assert flux[2] == pytest.approx(np.add(GALAXIES[2][3:], RING_FLUX), rel=0.05)
    assert flux[:2] == pytest.approx(np.array([g[3:] for g in GALAXIES[:2]]), rel=0.05)


def test_a_dark_child_beside_it_stays_dark():
    coadds, pixels, _ = scene(ring())
    peaks = peaks_at([GALAXIES[2][:2], (80.0, 25.0)], [2, 2])
    found = deblend(coadds, pixels, peaks)
    assert flags(found, "FREE_FORM") == [True, False]
    assert flags(found, "DARK") == [False, True]
    flux = np.asarray(found.fluxes["flux"]).reshape(2, 2)
    assert (flux[0] > RING_FLUX).all() and not flux[1].any()


def test_the_profile_is_kept_where_the_search_breaks_down(monkeypatch):
    def broken(*arguments):
        raise FloatingPointError("free images are not numbers")

    monkeypatch.setattr(free, "_search", broken)
    found = deblend(*scene(ring()))
    assert flags(found, "MISFIT") == [False, False, True]
    assert not any(flags(found, "FREE_FORM"))
    assert found.children["ownChi2"][2] > 3.0


def test_the_profile_is_kept_where_little_is_gained(monkeypatch):
    monkeypatch.setattr(free, "_MAX_STEPS", 1)
    found = deblend(*scene(ring()))
    assert flags(found, "MISFIT") == [False, False, True]
    kept = deblend(*scene(ring()), max_misfit=None)
    assert np.array_equal(found.fluxes["flux"], kept.fluxes["flux"])


def test_no_image_is_freed_without_need():
    found = deblend(*scene())
    assert not any(flags(found, "FREE_FORM") + flags(found, "MISFIT"))
    found = deblend(*scene(ring()), max_misfit=None)
    assert not any(flags(found, "FREE_FORM") + flags(found, "MISFIT"))
