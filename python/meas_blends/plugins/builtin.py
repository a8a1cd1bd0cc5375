"""The extensions that come with meas_blends, declared as any plugin declares its own."""

from __future__ import annotations

from .specs import Extension, hookimpl

_TASKS = {
    "detect": (
        "detect_footprints:DetectFootprintsTask",
        "Find footprints: background, matched filter, threshold, growth",
    ),
    "classify": (
        "classify_blends:ClassifyBlendsTask",
        "Say how many objects each footprint holds, and where",
    ),
    "measure": (
        "measure_morphology:MeasureMorphologyTask",
        "Posterior of bulge fraction, half-light radius and flux of each peak",
    ),
    "simulate": ("simulate_scene:SimulateSceneTask", "Draw a coadd of galaxies with known truth"),
    "label": (
        "label_footprints:LabelFootprintsTask",
        "Count the true galaxies in each footprint",
    ),
    "train": (
        "train_blend_classifier:TrainBlendClassifierTask",
        "Train the Gaussian process on labelled footprints",
    ),
    "evaluate": ("evaluate_blends:EvaluateBlendsTask", "Score a peak finder on labelled scenes"),
    "train_morphology": (
        "train_morphology:TrainMorphologyTask",
        "Train the morphology network on simulated galaxies",
    ),
}


@hookimpl
def meas_blends_extensions() -> list[Extension]:
    """Return everything that ships with the package."""
    tasks = [
        Extension("task", name, f"meas_blends.tasks.{target}", summary)
        for name, (target, summary) in _TASKS.items()
    ]
    return [
        Extension(
            "peak_finder",
            "local_maxima",
            "meas_blends.tasks.peak_finders.local_maxima:LocalMaximaTask",
            "Local maxima of the smoothed image, LSST's rule",
        ),
        Extension(
            "peak_finder",
            "gp",
            "meas_blends.tasks.peak_finders.gp:GaussianProcessTask",
            "Gaussian process on the footprint's principal components",
        ),
        Extension(
            "estimator",
            "compact",
            "meas_blends.tasks.estimators.compact:CompactEstimatorTask",
            "Compact GaMPEN-style network with a full-covariance posterior",
        ),
        *tasks,
    ]
