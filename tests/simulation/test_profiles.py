"""Sersic transforms and brightness, against GalSim."""

import galsim
import numpy as np
import pytest

from meas_blends.simulation.profiles import sersic_brightness, sersic_transform, shape_matrix


@pytest.mark.parametrize("index", [1.0, 2.5, 4.0])
def test_transform_is_galsims(index):
    s = np.geomspace(1e-5, 1e3, 300)
    expected = [galsim.Sersic(n=index, half_light_radius=1.0).kValue(k, 0.0).real for k in s]
    got = sersic_transform((s**2).astype(np.float32), index)
    np.testing.assert_allclose(got, expected, atol=2e-5)


def test_transform_is_unity_at_zero():
    assert sersic_transform(np.zeros((1, 1), np.float32), 4.0) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("index", [1.0, 4.0])
def test_brightness_is_galsims(index):
    profile = galsim.Sersic(n=index, half_light_radius=0.5).shear(g1=0.2, g2=0.0)
    expected = profile.xValue(1.3, 0.0)
    got = sersic_brightness(1.3, np.array([0.5]), np.array([index]), np.array([0.8 / 1.2]))
    assert got[0] == pytest.approx(expected, rel=1e-3)


def test_shape_matrix_of_an_ellipse():
    """Major axis along y: wave numbers along y see the long axis."""
    xx, xy, yy = shape_matrix([2.0], [1.0 / 3.0], [90.0])
    np.testing.assert_allclose([xx[0], xy[0], yy[0]], [2.0, 0.0, 8.0], atol=1e-12)


def test_shape_matrix_keeps_the_area():
    xx, xy, yy = shape_matrix([1.5, 1.5], [0.0, 0.4], [10.0, 70.0])
    np.testing.assert_allclose(xx * yy - xy**2, 1.5**4)
