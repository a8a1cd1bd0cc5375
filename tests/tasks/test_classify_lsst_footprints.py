"""Footprints that LSST has persisted, classified."""

import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import read_afw_footprints
from meas_blends.detection.psf import gaussian_psf
from meas_blends.tasks.classify_blends import ClassifyBlendsTask


@pytest.fixture(scope="module")
def lsst(shared_data):
    return read_afw_footprints(shared_data / "real" / "lsst_deepCoadd_meas_HSC.fits")


@pytest.fixture(scope="module")
def coadd(lsst):
    """A source at each of LSST's peaks, in a strip with noise."""
    spans, peaks = lsst
    x0, y0 = int(spans["x0"].min()) - 15, int(spans["y"].min()) - 15
    shape = (int(spans["y"].max()) - y0 + 16, int(spans["x1"].max()) - x0 + 16)
    image = np.random.default_rng(1).normal(0, 1, shape)
    y, x = np.ogrid[-15:16, -15:16]
    source = np.exp(-0.5 * (x**2 + y**2) / 1.8**2)
    for i, j in zip(peaks["i_x"] - x0, peaks["i_y"] - y0, strict=True):
        image[max(j - 15, 0) : j + 16, i - 15 : i + 16] += 40 * source[max(15 - j, 0) :]
    return Coadd(image, np.ones(shape), psf=gaussian_psf(1.8), xy0=(x0, y0))


def test_every_source_has_its_row_and_its_peaks(lsst, coadd):
    spans, peaks = lsst
    config = ClassifyBlendsTask.ConfigClass()
    config.peak_finder.name = "local_maxima"
    found = ClassifyBlendsTask(config=config).run(coadd, spans)
    assert np.array_equal(found.classification["footprintId"], np.unique(spans["footprintId"]))
    owner, number = np.unique(peaks["footprintId"], return_counts=True)
    assert np.all(found.classification["nPeaks"] <= number)
    for source in owner[number == 1]:
        (ours,) = found.peaks[found.peaks["footprintId"] == source]
        (theirs,) = peaks[peaks["footprintId"] == source]
        assert (ours["i_x"], ours["i_y"]) == (theirs["i_x"], theirs["i_y"])
    assert np.all(found.classification["blended"][number > 2])
