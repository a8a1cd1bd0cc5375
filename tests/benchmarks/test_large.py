"""Time and memory of a large image; run with ``pytest --benchmark-only``."""

import json
import subprocess
import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import write_coadd
from meas_blends.detection.psf import gaussian_psf

SIDE = 4096

#: What a process of its own does: peak memory is that of the whole process.
SCRIPT = """
import json, resource, sys, time
from meas_blends.data.fits import read_coadd
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask

tasks = DetectFootprintsTask(), ClassifyBlendsTask()
path, small = sys.argv[1:]

def run(coadd):
    spans = tasks[0].run(coadd).spans
    return len(tasks[1].run(coadd, spans).classification)

# The first image brings in what is imported when it is needed.
run(read_coadd(small))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
coadd = read_coadd(path)
began = time.process_time()
footprints = run(coadd)
seconds = time.process_time() - began
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
size = coadd.image.size
print(json.dumps({
    "footprints": footprints,
    "pixels_per_second": size / seconds,
    "bytes_per_pixel": 1024 * (after - before) / size,
    "peak_megabytes": after / 1024,
}))
"""


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """A large image, as dense as LSST's ten-year depth, and a small one."""
    folder = tmp_path_factory.mktemp("large")
    rng = np.random.default_rng(1)
    made = []
    for side in (SIDE, 256):
        image = np.zeros((side, side), np.float32)
        number = int(3500 * (side / 2048) ** 2)
        where = rng.integers(0, side, (2, number))
        np.add.at(image, tuple(where), 10 ** rng.uniform(2, 4, number))
        image = gaussian_filter(image, 1.6) + rng.normal(0, 3, image.shape)
        made.append(folder / f"{side}.fits")
        write_coadd(Coadd(image, np.full(image.shape, 9.0), psf=gaussian_psf(1.6)), made[-1])
    return made


def test_detection_and_classification(benchmark, paths):
    def measure():
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, *paths], check=True, capture_output=True, text=True
        )
        return json.loads(done.stdout)

    benchmark.extra_info.update(benchmark.pedantic(measure, rounds=1))
    assert benchmark.extra_info["bytes_per_pixel"] < 40
