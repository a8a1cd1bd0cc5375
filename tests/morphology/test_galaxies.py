"""Drawn galaxies and their half-light radii."""

import galsim
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meas_blends.errors import BadInputError
from meas_blends.morphology.galaxies import (
    BULGE_INDICES,
    GalaxyRanges,
    draw_galaxies,
    half_light_radius,
)

radii = st.floats(0.05, 5.0)


@pytest.mark.parametrize(
    ("share", "bulge", "disk"), [(0.3, 0.3, 0.9), (0.7, 0.8, 0.5), (0.5, 0.2, 1.5)]
)
def test_half_light_radius_is_galsims(share, bulge, disk):
    galaxy = share * galsim.DeVaucouleurs(half_light_radius=bulge)
    galaxy += (1 - share) * galsim.Exponential(half_light_radius=disk)
    # A tiny PSF lets GalSim draw the cusp; a large image holds the wings.
    seen = galsim.Convolve(galaxy, galsim.Gaussian(fwhm=0.08))
    image = seen.drawImage(nx=1001, ny=1001, scale=0.04)
    expected = image.calculateHLR(flux=1.0)
    assert half_light_radius(share, bulge, 4.0, disk, 1.0) == pytest.approx(expected, rel=0.01)


@given(share=st.floats(0, 1), bulge=radii, disk=radii)
def test_half_light_radius_lies_between_the_components(share, bulge, disk):
    radius = half_light_radius(share, bulge, 4.0, disk, 1.0)
    assert min(bulge, disk) * (1 - 1e-6) <= radius <= max(bulge, disk) * (1 + 1e-6)


@given(radius=radii, share=st.floats(0, 1), n=st.floats(0.5, 6), factor=st.floats(0.1, 10))
@settings(max_examples=30)
def test_half_light_radius_of_equal_radii_and_of_other_units(radius, share, n, factor):
    assert half_light_radius(share, radius, n, radius, 1.0) == pytest.approx(radius, rel=1e-6)
    one = half_light_radius(share, radius, n, 2 * radius, 1.0)
    scaled = half_light_radius(share, factor * radius, n, 2 * factor * radius, 1.0)
    assert scaled == pytest.approx(factor * one, rel=1e-6)


def test_pure_components_have_their_own_radius():
    radius = half_light_radius([0.0, 1.0], [0.3, 0.3], [4, 4], [1.2, 1.2], [1, 1])
    np.testing.assert_allclose(radius, [1.2, 0.3])


def test_draws_keep_to_the_ranges():
    ranges = GalaxyRanges(radius=(0.2, 0.9), signal_to_noise=(10, 20), psf_fwhm=(0.6, 0.7))
    sample = draw_galaxies(np.random.default_rng(1), 4000, ranges)
    for name, (low, high) in {
        "bulge_radius": (0.2, 0.9),
        "disk_radius": (0.2, 0.9),
        "half_light_radius": (0.2, 0.9),
        "signal_to_noise": (10, 20),
        "psf_fwhm": (0.6, 0.7),
        "bulge_axis_ratio": (0.25, 1),
    }.items():
        values = getattr(sample, name)
        assert low <= values.min() < low + 0.1 * (high - low), name
        assert high - 0.1 * (high - low) < values.max() <= high, name
    pure = np.isin(sample.bulge_to_total, [0.0, 1.0])
    assert pure.mean() == pytest.approx(ranges.single_share, abs=0.03)
    assert sample.bulge_to_total[pure].mean() == pytest.approx(0.5, abs=0.06)
    assert np.unique(sample.bulge_index).size == len(BULGE_INDICES)
    spread = np.rad2deg(np.abs(sample.bulge_angle - sample.disk_angle))
    assert 14 < spread.max() <= 15


def test_one_seed_one_sample():
    one, other = (draw_galaxies(np.random.default_rng(7), 5, GalaxyRanges()) for _ in range(2))
    np.testing.assert_array_equal(one.disk_radius, other.disk_radius)
    np.testing.assert_array_equal(one.select(slice(2, 4)).dx, other.dx[2:4])


@pytest.mark.parametrize("ends", [(2.0, 1.0), (0.0, 1.0)])
def test_a_wrong_range(ends):
    with pytest.raises(BadInputError, match=r"psf_fwhm.*the lower first"):
        GalaxyRanges(psf_fwhm=ends)
