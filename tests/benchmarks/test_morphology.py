"""Galaxies a second, stamps included; run with ``pytest --benchmark-only``."""

import numpy as np
import pytest

from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import labels_to_spans
from meas_blends.detection.psf import gaussian_psf
from meas_blends.morphology.cutter import StampCutter, cut_stamps
from meas_blends.tasks.measure_morphology import MeasureMorphologyTask

#: Galaxies a side of the coadd, and pixels between them.
_SIDE, _APART = 32, 32


@pytest.fixture(scope="module")
def scene():
    """A thousand galaxies on a grid in noise; every second shares a footprint."""
    size = _SIDE * _APART
    rng = np.random.default_rng(1)
    image = rng.standard_normal((size, size)).astype(np.float32)
    offset = np.arange(-12, 13)
    galaxy = 60 * np.exp(-0.5 * (offset[:, None] ** 2 + offset**2) / 2.2**2)
    centre = np.arange(_SIDE) * _APART + _APART // 2
    x, y = (axis.ravel() for axis in np.meshgrid(centre, centre))
    labels = np.zeros((size, size), int)
    footprint = np.arange(len(x)) // 2 + 1
    for x0, y0, identifier in zip(x, y, footprint, strict=True):
        image[y0 - 12 : y0 + 13, x0 - 12 : x0 + 13] += galaxy
        labels[y0 - 7 : y0 + 8, x0 - 7 : x0 + 8] = identifier
    coadd = Coadd(
        image, np.ones_like(image), psf=gaussian_psf(1.8), pixel_scale=0.2, zero_point=27.0
    )
    row = dict.fromkeys((column.name for column in PEAKS.all_columns), 0)
    row |= {"id": np.arange(len(x)) + 1, "footprintId": footprint}
    row |= {"f_x": x, "f_y": y, "i_x": x, "i_y": y}
    return coadd, labels, PEAKS.make(row)


@pytest.mark.parametrize("size", [64, 239])
@pytest.mark.parametrize("neighbours", ["mask", "noise"])
def test_stamps(benchmark, scene, size, neighbours):
    def cut():
        rng = np.random.default_rng(1)
        cutter = StampCutter(*scene, size, neighbours=neighbours, rng=rng)
        return sum(len(stamps) for stamps in cut_stamps(cutter))

    number = benchmark(cut)
    _tell(benchmark, number)


@pytest.mark.parametrize("refine", [False, True])
def test_stamps_and_the_compact_estimator(benchmark, scene, refine):
    """Everything that the measuring task does, on one core."""
    import torch

    coadd, labels, peaks = scene
    peaks = peaks[:128] if refine else peaks
    config = MeasureMorphologyTask.ConfigClass()
    config.estimator["compact"].device = "cpu"
    config.estimator["compact"].refine = refine
    task = MeasureMorphologyTask(config=config)
    spans = labels_to_spans(labels)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        task.run(coadd, spans, peaks[:8])
        benchmark.pedantic(task.run, (coadd, spans, peaks), rounds=3)
    finally:
        torch.set_num_threads(threads)
    _tell(benchmark, len(peaks))


def _tell(benchmark, number: int) -> None:
    """Write the rate of the quickest round beside the times."""
    benchmark.extra_info["galaxies"] = number
    benchmark.extra_info["galaxies_per_second"] = round(number / benchmark.stats.stats.min)
