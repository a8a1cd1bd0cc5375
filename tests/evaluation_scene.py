"""One small simulated scene with everything that an evaluation reads, for tests of its tasks."""

from __future__ import annotations

import functools

from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask
from meas_blends.tasks.label_footprints import LabelFootprintsTask
from meas_blends.tasks.simulate_scene import SimulateSceneTask


@functools.cache
def evaluation_scene(scene: int = 0) -> dict[str, object]:
    """Coadd, truth, spans, labels, and what local maxima say, of 300 pixels."""
    config = SimulateSceneTask.ConfigClass()
    config.size, config.seed = 300, 77
    drawn = SimulateSceneTask(config=config).run(scene=scene)
    detected = DetectFootprintsTask().run(drawn.coadd)
    labels = LabelFootprintsTask().run(detected.spans, drawn.truth).labels
    config = ClassifyBlendsTask.ConfigClass()
    config.peak_finder.name = "local_maxima"
    found = ClassifyBlendsTask(config=config).run(drawn.coadd, detected.spans)
    return {
        "coadd": drawn.coadd,
        "truth": drawn.truth,
        "spans": detected.spans,
        "labels": labels,
        "classification": found.classification,
        "peaks": found.peaks,
    }
