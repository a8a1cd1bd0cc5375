"""Footprints, blends, peaks and morphology of galaxies, as LSST pipeline tasks.

The names below are imported when they are first used, so that
``import meas_blends`` costs nothing.
"""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any

__version__ = version("meas_blends")

#: Public name: the module that it comes from.
_PUBLIC = {
    "BadInputError": "errors",
    "Coadd": "data.coadd",
    "read_coadd": "data.fits",
    "write_coadd": "data.fits",
    "read_table": "data.tables",
    "complete_coadd": "detection.complete",
    "run_pipeline": "run",
    "DetectFootprintsTask": "tasks.detect_footprints",
    "ClassifyBlendsTask": "tasks.classify_blends",
    "MeasureMorphologyTask": "tasks.measure_morphology",
    "SimulateSceneTask": "tasks.simulate_scene",
    "LabelFootprintsTask": "tasks.label_footprints",
    "TrainBlendClassifierTask": "tasks.train_blend_classifier",
    "EvaluateBlendsTask": "tasks.evaluate_blends",
    "TrainMorphologyTask": "tasks.train_morphology",
}

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives."""
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f".{_PUBLIC[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
