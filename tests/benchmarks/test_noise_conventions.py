"""One scene under every convention of the variance plane, scored against truth.

``pytest -m slow -s tests/benchmarks/test_noise_conventions.py`` prints the table that
doc/blends.md has.
"""

import numpy as np
import pytest
from scipy.signal import oaconvolve

from galsim_scenes import FWHM, SCALE, ZERO_POINT, draw_scene
from meas_blends.data.coadd import Coadd
from meas_blends.detection.noise import measure_noise
from meas_blends.detection.psf import psf_sigma
from meas_blends.evaluation.scores import (
    balanced_accuracy,
    calibration_error,
    cross_entropy,
    reliability,
)
from meas_blends.simulation.labels import label_footprints
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask

#: Scene, profile of the PSF, resampling.
SCENES = [
    ("12", "kolmogorov", "bilinear"),
    ("13", "kolmogorov", "none"),
    ("13", "moffat", "lanczos"),
    ("15", "moffat", "bilinear"),
]


def conventions(image, noise, variance, psf):
    """Coadds that differ in what their variance plane means, by the name of that."""
    relative = noise / np.sqrt(variance)
    of_pixel = float(relative.var())
    kernel = psf / psf.sum()
    seen = oaconvolve(relative, kernel[::-1, ::-1], mode="valid")
    of_flux = float(seen.var() / (kernel**2).sum())
    correlation = measure_noise(relative, np.zeros(noise.shape, bool), psf_sigma(psf)).correlation
    common = {"psf": psf, "zero_point": ZERO_POINT, "pixel_scale": SCALE, "band": "i"}
    return {
        "of single pixels": Coadd(image, variance * of_pixel, **common),
        "of fluxes": Coadd(image, variance * of_flux, **common),
        "of photons": Coadd(image, variance, **common),
        "none": Coadd(image, **common),
        "of pixels, noise realized": Coadd(
            image, variance * of_pixel, noise_correlation=correlation, **common
        ),
    }


def score(coadd, truth):
    """Balanced accuracy, cross-entropy, calibration error, and share flagged."""
    spans = DetectFootprintsTask().run(coadd=coadd).spans
    found = ClassifyBlendsTask().run(coadd=coadd, spans=spans).classification
    labels = label_footprints(spans, truth)
    known = np.array(labels["nObjects"]) > 0
    blended = np.array(labels["nObjects"])[known] > 1
    stated = np.array(found["blendProbability"], float)[known]
    return (
        balanced_accuracy(blended, np.array(found["blended"])[known]),
        cross_entropy(blended, stated),
        calibration_error(reliability(blended, stated)),
        float(np.mean(np.array(found["flags"]) > 0)),
    )


@pytest.mark.slow
@pytest.mark.parametrize(("scene", "profile", "resampling"), SCENES)
def test_every_convention_scores_alike(shared_data, scene, profile, resampling):
    path = shared_data / "cosmodc2_scenes" / f"scene_{scene}.parquet"
    *parts, truth = draw_scene(path, 2048, profile, resampling, seed=int(scene))
    print(f'\nscene {scene}, {profile} {FWHM}", {resampling}: balanced, CE, ECE, flagged')
    scores = {}
    for name, coadd in conventions(*parts).items():
        scores[name] = score(coadd, truth)
        print(f"  variance {name:26s}", *(f"{value:.4f}" for value in scores[name]))
    spread = np.ptp(np.array(list(scores.values())), axis=0)
    assert spread[0] <= 0.005
    assert spread[1] <= 0.01
