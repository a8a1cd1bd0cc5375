"""The preparation that detection and peak finding share."""

import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle
from scipy.ndimage import gaussian_filter

from meas_blends.blends.maxima import find_maxima
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import pixel_lists
from meas_blends.detection.find import find_footprints
from meas_blends.detection.psf import gaussian_psf
from meas_blends.tasks.filtering import FilteringConfig, filter_bands, filter_coadd
from toys import SIGMA, draw


@pytest.fixture
def coadd():
    """One source on a sky of 50, without a PSF."""
    made = draw([(60, 50, 80)], shape=(120, 130))
    noise = np.random.default_rng(3).normal(0, 1, made.shape)
    return made.replace(image=made.image + 50 + noise)


def test_background_is_subtracted_unless_asked_not_to(coadd):
    config = FilteringConfig()
    assert abs(np.median(filter_coadd(coadd, config).coadd.image)) < 0.2
    config.subtract_background = False
    assert np.median(filter_coadd(coadd, config).coadd.image) == pytest.approx(50, abs=0.2)


def test_what_the_coadd_lacks_is_estimated(coadd):
    bare = coadd.replace(variance=None, psf=None)
    filtered = filter_coadd(bare, FilteringConfig())
    assert np.median(filtered.coadd.variance) == pytest.approx(1, rel=0.15)
    assert filtered.sigma == pytest.approx(SIGMA, rel=0.15)
    assert bare.variance is None


@pytest.mark.parametrize("name, value", [("kernel", "boxcar"), ("noise", "none"), ("kernel", None)])
def test_unknown_choices_are_refused(name, value):
    config = FilteringConfig()
    with pytest.raises(ValueError, match=name):
        setattr(config, name, value)
        config.validate()


def test_kernel_reaches_the_filter(coadd):
    y, x = np.indices((21, 21)) - 10
    long = coadd.replace(psf=np.exp(-0.5 * (x / 3.0) ** 2 - 0.5 * (y / 1.2) ** 2))
    images = []
    for kernel in ("gaussian", "psf"):
        config = FilteringConfig()
        config.kernel = kernel
        images.append(filter_coadd(long, config).smoothed)
    along, across = (images[1][50, 66], images[1][56, 60])
    # Only the PSF itself smears the round source along its own long axis.
    assert along > 2 * across
    assert images[0][50, 66] == pytest.approx(images[0][56, 60], rel=0.2)


def test_noise_reaches_the_filter(coadd):
    config = FilteringConfig()
    noise = np.random.default_rng(3).normal(size=coadd.shape)
    light = gaussian_filter(np.random.default_rng(4).exponential(2.0, coadd.shape) - 2.0, SIGMA)
    rough = coadd.replace(image=noise + light, variance=np.ones(coadd.shape))
    factors = {}
    for config.noise in ("variance", "scatter"):
        factors[config.noise] = filter_coadd(rough, config).noise_factor
    assert factors["scatter"] > 1.3 * factors["variance"]


NEIGHBOURS = 24


def large_galaxy():
    """An exponential galaxy of 30 pixels' scale, with point sources of S/N 10 on its wings."""
    rng = np.random.default_rng(0)
    y, x = np.indices((384, 384))
    image = 100.0 * np.exp(-np.hypot(x - 192, y - 192) / 30)
    angle = np.linspace(0, 2 * np.pi, NEIGHBOURS, endpoint=False) * 5
    radius = np.linspace(45, 150, NEIGHBOURS)
    where = np.column_stack([192 + radius * np.cos(angle), 192 + radius * np.sin(angle)])
    # Peak of a source of S/N 10 in white noise of unit variance.
    height = 10 * np.sqrt(4 * np.pi) * 1.8 / (2 * np.pi * 1.8**2)
    for x0, y0 in where:
        image += height * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / 1.8**2)
    image += rng.normal(size=image.shape)
    return Coadd(image, np.ones_like(image), psf=gaussian_psf(1.8)), where


def local(on, mesh=64):
    config = FilteringConfig()
    config.subtract_background = False
    config.temporary_local_background = on
    config.local_background_mesh = mesh
    return config


def test_a_local_background_makes_neighbours_on_wings_stand_out():
    coadd, where = large_galaxy()
    spurious, largest = {}, {}
    for on in (False, True):
        filtered = filter_coadd(coadd, local(on))
        found, spans = find_footprints(filtered)
        maxima = find_maxima(filtered, pixel_lists(spans, coadd.shape), 5.0)
        row, column = np.divmod(maxima.flat, coadd.shape[1])
        distance = np.hypot(column[:, None] - where[:, 0], row[:, None] - where[:, 1])
        assert (distance.min(axis=0) < 3).sum() >= 0.6 * NEIGHBOURS
        far = np.hypot(column - 192, row - 192) > 20
        spurious[on] = (far & (distance.min(axis=1) > 4)).sum()
        largest[on] = found["footprintArea"].max()
    # Noise on the wings is above any threshold, neighbours or not.
    assert spurious[False] > 2 * spurious[True]
    assert largest[False] > 1.5 * largest[True]


def test_the_local_background_is_temporary():
    coadd, _ = large_galaxy()
    coadd.image[10, 10] = np.nan
    with_it, without = (filter_coadd(coadd, local(on)) for on in (True, False))
    np.testing.assert_array_equal(with_it.coadd.image, without.coadd.image)
    assert with_it.coadd.image[10, 10] == 0
    # What is thresholded lost more of the galaxy the finer the mesh is.
    finer = filter_coadd(coadd, local(True, mesh=32))
    at = (192, 232)
    assert finer.smoothed[at] < with_it.smoothed[at] < without.smoothed[at]


def test_the_bands_of_a_patch_are_filtered_alike(coadd):
    config = FilteringConfig()
    bands = {band: coadd.replace(band=band) for band in "gri"}
    handles = [InMemoryDatasetHandle(one, band=band) for band, one in bands.items()]
    filtered, others = filter_bands(handles, "r", config)
    assert filtered.coadd.band == "r"
    assert {band: one.coadd.band for band, one in others.items()} == {"g": "g", "i": "i"}
    np.testing.assert_array_equal(
        others["g"].significance, filter_coadd(bands["g"], config).significance
    )
