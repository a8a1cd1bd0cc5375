"""Fits of single galaxies against known ones and against scipy."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from meas_blends.detection.psf import gaussian_psf
from meas_blends.evaluation import single_fit
from meas_blends.evaluation.pair_limits import make_waves
from meas_blends.evaluation.single_fit import fit_single_galaxies
from meas_blends.simulation.profiles import sersic_transform, shape_matrix

WAVES = make_waves(gaussian_psf(1.6), 48)


def galaxy(flux, x, y, radius, ellipticity, angle, bulge=0.0):
    """Transform of a galaxy whose bulge is half as large as its disk."""
    total = np.zeros(len(WAVES.kx), complex)
    for share, size, index in ((1 - bulge, radius, 1.0), (bulge, radius / 2, 4.0)):
        xx, xy, yy = shape_matrix([size], [ellipticity], [angle])
        s_squared = xx * WAVES.kx**2 + 2 * xy * WAVES.kx * WAVES.ky + yy * WAVES.ky**2
        total += flux * share * sersic_transform(s_squared.astype(np.float32), index)
    return total * np.exp(-1j * (WAVES.kx * x + WAVES.ky * y))


def round_start(centre, area=2.0):
    shape = np.array([[[area, 0.0, area], [0.5 * area, 0.0, 0.5 * area]]])
    return np.array([centre], float), shape


@pytest.mark.parametrize("bulge", [0.0, 0.4, 1.0])
def test_a_single_galaxy_is_fitted_away(bulge):
    data = galaxy(100.0, 0.4, -0.3, 2.0, 0.3, 30.0, bulge)[None].astype(np.complex64)
    chi2 = fit_single_galaxies(WAVES, data, *round_start((0.0, 0.0)))
    assert np.sum(WAVES.weight * np.abs(data) ** 2) > 100
    assert chi2[0] < 0.05


def test_the_same_minimum_as_scipy():
    data = galaxy(300.0, -1.5, 0.0, 1.5, 0.2, 20.0)
    data += galaxy(200.0, 1.5, 0.5, 2.0, 0.4, 100.0, 0.3)

    def residuals(parameters):
        flux_disk, flux_bulge, x, y = parameters[:4]
        disk, bulge = (
            single_fit._to_shape(parameters[None, 4 + 3 * k : 7 + 3 * k])[0] for k in (0, 1)
        )
        quadratic = np.stack([WAVES.kx**2, 2 * WAVES.kx * WAVES.ky, WAVES.ky**2])
        model = abs(flux_disk) * sersic_transform((disk @ quadratic).astype(np.float32), 1.0)
        model = model + abs(flux_bulge) * sersic_transform(
            (bulge @ quadratic).astype(np.float32), 4.0
        )
        model = model * np.exp(-1j * (WAVES.kx * x + WAVES.ky * y))
        difference = np.sqrt(WAVES.weight) * (data - model)
        return np.concatenate([difference.real, difference.imag])

    best = min(
        least_squares(residuals, start, diff_step=1e-3).cost * 2
        for start in (
            np.array([350.0, 150.0, 0, 0, 0.1, 0.4, 0.0, -0.2, 0.1, 0.1]),
            np.array([150.0, 350.0, 0, 0, 0.2, 0.6, 0.0, 0.1, 0.4, 0.0]),
        )
    )
    starts = [round_start((0.0, 0.0), area) for area in (1.0, 3.0, 6.0)]
    centre, shapes = (np.concatenate(parts) for parts in zip(*starts, strict=True))
    shapes[:, :, 0] *= 2.0
    ours = fit_single_galaxies(
        WAVES, np.tile(data.astype(np.complex64), (3, 1)), centre, shapes
    ).min()
    assert best > 4.0
    assert np.sqrt(ours) == pytest.approx(np.sqrt(best), rel=0.01)


def test_parameters_and_shapes_are_inverse():
    shapes = np.stack(shape_matrix([1.0, 2.0, 4.0], [0.0, 0.3, 0.6], [0.0, 40.0, 130.0]), axis=1)
    again = single_fit._to_shape(single_fit._to_parameters(shapes))
    np.testing.assert_allclose(again, shapes, rtol=1e-6, atol=1e-9)


def test_a_point_starts_inside_the_bounds():
    parameters = single_fit._to_parameters(np.zeros((1, 3)))
    assert np.isfinite(parameters).all()
    assert np.isfinite(single_fit._slopes(parameters)).all()


def test_fluxes_are_not_negative():
    profiles = np.array([[[1.0, 1.0], [1.0, 0.5]]], np.float32)
    flux = single_fit._best_fluxes(
        profiles, np.array([[1.0, 0.0]], np.float32), np.ones(2, np.float32)
    )
    # Alone, the second gives 1 / 1.25 and gains more than the first.
    np.testing.assert_allclose(flux, [[0.0, 0.8]], rtol=1e-6)
