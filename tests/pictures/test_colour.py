"""Three bands as colours."""

import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.errors import BadInputError
from meas_blends.pictures.colour import lupton_rgb


def bands(fluxes, zero_points=(27.0, 27.0, 27.0), size=60):
    """Three coadds, blue to red, with one square source of these fluxes [nJy a pixel]."""
    rng = np.random.default_rng(3)
    coadds = []
    for flux, zero_point in zip(fluxes, zero_points, strict=True):
        image = rng.normal(size=(size, size)) + flux * np.pad(
            np.ones((10, 10)), ((20, size - 30), (30, size - 40))
        )
        coadds.append(Coadd(image / 10 ** (0.4 * (31.4 - zero_point)), zero_point=zero_point))
    return coadds


def source(levels):
    return levels[20:30, 30:40].reshape(-1, 3).mean(axis=0)


def test_a_red_source_is_red_at_any_brightness():
    for brightness in (10.0, 100.0, 10_000.0):
        red, green, blue = source(lupton_rgb(bands([0.2 * brightness, brightness, 2 * brightness])))
        assert red > green > blue
    # Bright ones are not burnt out to white.
    assert blue < 0.5 * red


def test_fluxes_are_compared_not_counts():
    same = source(lupton_rgb(bands([100.0] * 3, zero_points=(25.0, 27.0, 30.0))))
    assert np.ptp(same) < 8


def test_without_zero_points_noise_is_the_unit():
    coadds = bands([100.0] * 3, zero_points=(25.0, 27.0, 30.0))
    coadds[1] = coadds[1].replace(zero_point=float("nan"))
    assert np.ptp(source(lupton_rgb(coadds))) < 8


def test_pixels_without_light_and_images_without_any():
    coadds = bands([100.0] * 3)
    coadds[0].image[5, 7] = np.nan
    levels = lupton_rgb(coadds)
    assert levels.dtype == np.uint8
    assert levels.shape == (60, 60, 3)
    assert levels[5, 7].tolist() == [0x33, 0x26, 0x1F]
    dark = lupton_rgb([Coadd(np.full((4, 5), np.nan)) for _ in range(3)])
    assert np.unique(dark.reshape(-1, 3), axis=0).tolist() == [[0x33, 0x26, 0x1F]]
    assert np.ptp(lupton_rgb([Coadd(np.zeros((4, 5))) for _ in range(3)])) == 0


def test_bands_on_different_grids_are_refused():
    with pytest.raises(BadInputError, match="on one grid"):
        lupton_rgb([*bands([1.0] * 3)[:2], Coadd(np.zeros((5, 5)))])
