"""Images that are one footprint: memory is bounded, and it is told what is not classified."""

import json
import subprocess
import sys

import numpy as np
import pytest

from meas_blends.data.catalogs import CLASSIFICATION
from meas_blends.data.tables import read_table

#: A process of its own, for peak memory is that of the whole of a process. The first
#: image brings in what is imported when it is needed.
SCRIPT = """
import json, resource
import numpy as np
from scipy.ndimage import gaussian_filter
from meas_blends import run_pipeline
from meas_blends.data.coadd import Coadd
from meas_blends.detection.psf import gaussian_psf

def crowd(side):
    rng = np.random.default_rng(1)
    image = np.zeros((side, side), np.float32)
    number = side**2 // 150
    where = tuple(rng.integers(0, side, (2, number)))
    np.add.at(image, where, 60 * (rng.pareto(1.1, number) + 1))
    image = gaussian_filter(image, 1.7) + rng.normal(0, 1, image.shape).astype(np.float32)
    ones = np.ones_like(image)
    return Coadd(image, ones, psf=gaussian_psf(1.7), zero_point=27.0, band="i", name="crowd")

def megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

run_pipeline(crowd(96), "blends#find")
before = megabytes()
made = run_pipeline(crowd(900), "blends#find")
after = megabytes()
largest = made["blend_footprints"]["footprintArea"].argmax()
print(json.dumps({
    "more": after - before,
    "area": int(made["blend_footprints"]["footprintArea"][largest]),
    "peaks": int(made["blend_classification"]["nPeaks"][largest]),
    "flags": int(made["blend_classification"]["flags"][largest]),
}))
"""


def test_one_footprint_over_an_image_takes_bounded_memory():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["area"] > 250_000 and found["peaks"] > 1000
    assert found["flags"] & CLASSIFICATION.flag("TOO_LARGE")
    assert "too large to classify: they keep their local maxima" in done.stdout + done.stderr
    # The image and all that is made of it take 30 bytes a pixel.
    assert found["more"] < 150


@pytest.mark.slow
def test_a_crowded_image_of_irac_goes_through_in_less_than_a_gigabyte(shared_data, tmp_path):
    image = shared_data / "real" / "crowded_irac.fits"
    if not image.exists():
        pytest.skip("no crowded_irac.fits in the shared data folder")
    script = (
        "import resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stderr=subprocess.STDOUT)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)\n"
        "sys.exit(done.returncode)\n"
    )
    command = [sys.executable, "-m", "meas_blends", "run", image, "-o", tmp_path / "out"]
    done = subprocess.run(
        [sys.executable, "-c", script, *map(str, command)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.splitlines()[-1]) < 1000
    folder = tmp_path / "out" / "crowded_irac"
    classification = read_table(folder / "classification.parquet")
    large = np.asarray(classification["flags"]) & CLASSIFICATION.flag("TOO_LARGE") != 0
    assert large.sum() == 1 and classification["nPeaks"][large] > 5000
    assert (folder / "blends.png").exists()
