"""Half-light radii of bulge and disk together."""

import galsim
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meas_blends.morphology.galaxies import half_light_radius

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
