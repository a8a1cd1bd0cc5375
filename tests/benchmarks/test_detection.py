"""Time of detection and of peak finding; run with ``pytest --benchmark-only``."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from meas_blends.blends.cutouts import cut_footprints
from meas_blends.blends.maxima import find_maxima
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import pixel_lists
from meas_blends.detection.background import subtract_background
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.detection.psf import gaussian_psf

SIZES = [512, 1024, 2048]


@pytest.fixture(scope="module", params=SIZES)
def coadd(request):
    """Blurred points, as dense as LSST's ten-year depth: some 2,300 footprints at 2048."""
    size = request.param
    rng = np.random.default_rng(1)
    image = np.zeros((size, size))
    number = int(3500 * (size / 2048) ** 2)
    where = rng.integers(0, size, (2, number))
    np.add.at(image, tuple(where), 10 ** rng.uniform(2, 4, number))
    image = gaussian_filter(image, 1.6) + rng.normal(0, 3, image.shape)
    return Coadd(image, np.full(image.shape, 9.0), psf=gaussian_psf(1.6))


def detect(coadd):
    filtered = matched_filter(subtract_background(coadd))
    return filtered, *find_footprints(filtered)


def test_detection(benchmark, coadd):
    _, footprints, _ = benchmark(detect, coadd)
    benchmark.extra_info["footprints"] = len(footprints)
    benchmark.extra_info["pixels"] = coadd.image.size


def test_peaks_and_cutouts(benchmark, coadd):
    filtered, _, spans = detect(coadd)

    def peaks():
        pixels = pixel_lists(spans, coadd.shape)
        return find_maxima(filtered, pixels, 5.0), cut_footprints(filtered, pixels)

    benchmark(peaks)
