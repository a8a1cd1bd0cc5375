"""Stamps of the galaxies of a set."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.data.galaxy_sets import GalaxySet
from meas_blends.data.morphology_tables import MORPHOLOGY
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError
from meas_blends.morphology.set_stamps import SetStamps


def make_set(n=3, size=40, sigma=2.0, **columns):
    images = np.random.default_rng(1).normal(0, sigma, (n, size, size)).astype(np.float32)
    images[:, size // 2, size // 2] = 1000.0
    truth = {"bulgeToTotal": [0.5] * n, "halfLightRadius": [1.0] * n, "flux": [10.0] * n}
    psf = np.stack([gaussian_psf(1.5), gaussian_psf(1.8, size=len(gaussian_psf(1.5)))])
    table = Table({**truth, "psfRow": [1, 0, 1][:n], **columns})
    return GalaxySet(images, psf, table, 0.2, 27.0, name="a set")


@pytest.mark.parametrize("size", [16, 17, 40])
def test_the_middle_of_the_cutouts_in_units_of_the_noise(size):
    stamps = SetStamps(make_set(skySigma=[2.0, 4.0, 5.0]), size).cut(slice(1, 3))
    assert stamps.images.shape == (2, size, size) and len(stamps) == 2
    np.testing.assert_allclose(stamps.images[:, size // 2, size // 2], [250.0, 200.0])
    np.testing.assert_array_equal(stamps.sigma, [4.0, 5.0])
    np.testing.assert_allclose(stamps.psf_sigma, [1.5, 1.8], rtol=0.01)
    assert stamps.psf.shape[0] == 2 and stamps.pixel_scale == 0.2
    assert stamps.nanojansky_per_count == pytest.approx(10 ** (0.4 * (31.4 - 27.0)))
    assert (stamps.dx == 0).all() and (stamps.flags == 0).all()


def test_noise_that_is_not_told_is_measured():
    stamps = SetStamps(make_set(size=64), 32).cut(slice(None))
    np.testing.assert_allclose(stamps.sigma, 2.0, rtol=0.1)


def test_pixels_without_light_are_flagged():
    galaxies = make_set()
    galaxies.images[0, 15, 15] = np.nan
    galaxies.images[1, 20, 20] = np.nan
    stamps = SetStamps(galaxies, 32).cut(slice(None))
    assert MORPHOLOGY.decode(stamps.flags[0]) == ["BAD_PIXELS"]
    assert MORPHOLOGY.decode(stamps.flags[1]) == ["BAD_PIXELS", "FAILED"]
    assert np.isfinite(stamps.images).all() and stamps.masked_fraction[0] > 0


def test_cutouts_that_are_too_small():
    with pytest.raises(BadInputError, match="cutouts of 40 pixels, but stamps of 64"):
        SetStamps(make_set(), 64)
