"""Limits of pairs: what is known of them without a fit."""

import numpy as np
import pytest
from scipy import ndimage

from meas_blends.data.catalogs import TRUTH
from meas_blends.data.coadd import Coadd
from meas_blends.data.psf import CellPsf
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.detection.psf import gaussian_psf
from meas_blends.evaluation.pair_limits import make_waves, pair_limits

SCALE = 0.2
PSF = gaussian_psf(1.6)


@pytest.fixture(scope="module")
def filtered():
    """An empty coadd with unit noise whose counts are nJy."""
    coadd = Coadd(
        np.zeros((100, 100)), np.ones((100, 100)), psf=PSF, zero_point=31.4, pixel_scale=SCALE
    )
    return matched_filter(coadd, noise="variance")


def galaxies(x, y, flux, **changes):
    """Round disks of 0.3 arcsec."""
    n = len(x)
    columns = {
        **dict.fromkeys((column.name for column in TRUTH.all_columns), np.zeros(n)),
        "galaxyId": np.arange(1, n + 1),
        "x": x,
        "y": y,
        "flux": flux,
        "bulgeHalfLightRadius": np.full(n, 0.3),
        "diskHalfLightRadius": np.full(n, 0.3),
        "bulgeSersicIndex": np.full(n, 4.0),
        "diskSersicIndex": np.full(n, 1.0),
        **changes,
    }
    return TRUTH.make(columns)


def limit(filtered, *args, **changes):
    table = galaxies(*args, **changes)
    found = pair_limits(filtered, table, np.full(len(table), 7), SCALE)
    return found[0]


def test_alike_galaxies_in_one_place_are_one(filtered):
    row = limit(filtered, [50.3, 50.3], [49.6, 49.6], [60.0, 90.0])
    assert row["sqrtDeltaChi2"] < 0.1
    assert (row["footprintId"], row["brighterId"], row["fainterId"]) == (7, 2, 1)
    assert row["fluxRatio"] == pytest.approx(2 / 3)


def test_far_apart_the_fainter_one_is_lost(filtered):
    """One galaxy takes the brighter place; what it misses is the fainter one's own chi^2."""
    row = limit(filtered, [20.0, 80.0], [50.0, 50.0], [300.0, 60.0], bulgeToTotal=[0.3, 0.0])
    stamp = ndimage.fourier_gaussian(np.fft.fft2(_point(64)), 1.6)
    k = 2 * np.pi * np.hypot(*np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64)))
    disk = (1 + (k * 0.3 / SCALE / 1.6783) ** 2) ** -1.5
    alone = 60.0 * np.sqrt(np.sum(np.abs(stamp * disk) ** 2)) / 64
    assert row["separation"] == pytest.approx(12.0)
    assert row["sqrtDeltaChi2"] == pytest.approx(alone, rel=0.02)


def test_each_pair_is_seen_by_the_psf_of_its_place(filtered):
    widths = (1.6, 2.4)
    images = np.stack([gaussian_psf(width, 25) for width in widths])
    psf = CellPsf(images[None], (0, 0), (100, 50))
    coadd = filtered.coadd
    places = [23.0, 26.5, 73.0, 76.5], [50.0] * 4, [90.0, 80.0, 90.0, 80.0]
    table, owner = galaxies(*places), np.array([1, 1, 2, 2])
    both = matched_filter(coadd.replace(psf=psf), noise="variance")
    found = pair_limits(both, table, owner, SCALE)["sqrtDeltaChi2"]
    for k, image in enumerate(images):
        one = matched_filter(coadd.replace(psf=image), noise="variance")
        alone = pair_limits(one, table, owner, SCALE)["sqrtDeltaChi2"]
        assert found[k] == pytest.approx(alone[k], rel=1e-4)
    assert found[0] > 1.5 * found[1]


def test_it_grows_with_separation_and_with_flux(filtered):
    near, middle, far = (
        limit(filtered, [50 - d, 50 + d], [50, 50], [90.0, 90.0])["sqrtDeltaChi2"]
        for d in (1.0, 2.0, 3.0)
    )
    assert near < middle < far
    bright = limit(filtered, [48, 52], [50, 50], [270.0, 270.0])["sqrtDeltaChi2"]
    assert bright == pytest.approx(3 * middle, rel=0.01)


def test_it_does_not_depend_on_place_or_direction(filtered):
    one = limit(filtered, [48.0, 52.0], [50.0, 50.0], [90.0, 70.0])["sqrtDeltaChi2"]
    turned = limit(filtered, [60.3, 60.3], [47.2, 51.2], [90.0, 70.0])["sqrtDeltaChi2"]
    assert turned == pytest.approx(one, rel=0.01)


def test_only_footprints_with_two(filtered):
    table = galaxies([10, 12, 40, 60, 63, 66, 90], [10] * 7, [50.0] * 7)
    found = pair_limits(filtered, table, np.array([3, 3, 5, 6, 6, 6, 0]), SCALE)
    assert list(found["footprintId"]) == [3]
    assert len(pair_limits(filtered, table[:0], np.zeros(0, int), SCALE)) == 0


def test_shear_stretches_a_galaxy(filtered):
    """Two galaxies in one place are one galaxy only if they have one shape."""
    same = limit(filtered, [50, 50], [50, 50], [900.0, 900.0], shear1=[0.3, 0.3])
    crossed = limit(filtered, [50, 50], [50, 50], [900.0, 900.0], shear1=[0.3, -0.3])
    assert same["sqrtDeltaChi2"] < 0.3
    assert crossed["sqrtDeltaChi2"] > 2 * same["sqrtDeltaChi2"] + 0.3


def test_waves_sum_like_pixels():
    waves = make_waves(PSF, 48)
    image = np.zeros((48, 48))
    image[24, 24], image[20, 27] = 1.0, -0.7
    pixels = ndimage.gaussian_filter(image, 1.6, mode="wrap")
    phase = np.exp(-1j * (waves.kx * 24 + waves.ky * 24))
    phase -= 0.7 * np.exp(-1j * (waves.kx * 27 + waves.ky * 20))
    assert np.sum(waves.weight * np.abs(phase) ** 2) == pytest.approx(np.sum(pixels**2), rel=0.01)


def _point(size):
    image = np.zeros((size, size))
    image[0, 0] = 1.0
    return image
