"""Lensing: strength and kind of the field, and what it does to shapes."""

import galsim
import numpy as np
import pytest

from meas_blends.simulation.lensing import draw_lensing, lens_shape, magnification
from meas_blends.simulation.profiles import shape_matrix


def _field(seed: int, redshift: float = 1.0, strength: float = 1.0) -> dict[str, np.ndarray]:
    x, y = (axis.ravel() for axis in np.mgrid[0:400:20, 0:400:20].astype(float))
    rng = np.random.default_rng(seed)
    return draw_lensing(x, y, np.full(len(x), redshift), strength, rng)


def test_strength_is_the_published_one():
    """Magnitudes scatter by 0.055 z, and shear has the mean square of convergence."""
    fields = [_field(seed) for seed in range(150)]
    scatter = np.concatenate([-2.5 * np.log10(magnification(**f)) for f in fields]).std()
    assert scatter == pytest.approx(0.055, rel=0.12)
    shear = np.mean([f["shear1"] ** 2 + f["shear2"] ** 2 for f in fields])
    convergence = np.mean([f["convergence"] ** 2 for f in fields])
    assert shear == pytest.approx(convergence, rel=0.2)
    assert np.mean([f["shear1"] for f in fields]) == pytest.approx(0.0, abs=0.003)


def test_grows_with_redshift_and_strength():
    near, far, strong, none = _field(1, 0.5), _field(1, 1.0), _field(1, 1.0, 3.0), _field(1, 0.0)
    for name in near:
        np.testing.assert_allclose(far[name], 2.0 * near[name])
        np.testing.assert_allclose(strong[name], 3.0 * far[name])
        assert not none[name].any()


def test_is_smooth():
    field = _field(2)["shear1"].reshape(20, 20)
    assert np.abs(np.diff(field, axis=0)).std() < 0.7 * field.std()


def test_shapes_are_galsims():
    """The second moments of a lensed Gaussian ellipse."""
    shear1, shear2, kappa = 0.08, -0.05, 0.1
    matrix = shape_matrix([1.5], [0.3], [25.0])
    got = lens_shape(matrix, *(np.array([v]) for v in (shear1, shear2, kappa)))
    profile = galsim.Gaussian(sigma=1.5).shear(g=0.3, beta=25.0 * galsim.degrees)
    profile = profile.lens(shear1 / (1 - kappa), shear2 / (1 - kappa), 1.0)
    scale = magnification(np.array([shear1]), np.array([shear2]), np.array([kappa]))[0]
    profile = profile.dilate(np.sqrt(scale))
    expected = 1.5**2 * profile.jac @ profile.jac.T
    np.testing.assert_allclose(
        np.ravel(got), [expected[0, 0], expected[0, 1], expected[1, 1]], rtol=1e-10
    )


def test_magnification_is_the_change_of_area():
    matrix = shape_matrix([1.0], [0.2], [70.0])
    columns = [np.array([v]) for v in (0.1, 0.05, 0.2)]
    xx, xy, yy = lens_shape(matrix, *columns)
    assert np.sqrt(xx * yy - xy**2)[0] == pytest.approx(magnification(*columns)[0])
