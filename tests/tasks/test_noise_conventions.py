"""Whatever an image's variance plane means, its footprints and probabilities are the same."""

import numpy as np
import pytest

from meas_blends.simulation.recipe import SceneRecipe, simulate_scene
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask


@pytest.fixture(scope="module")
def scene():
    recipe = SceneRecipe(Survey.named("lsst_i"), (700, 700), seed=77)
    return simulate_scene(recipe, 0)[0]


def classify(coadd):
    spans = DetectFootprintsTask().run(coadd=coadd).spans
    return spans, ClassifyBlendsTask().run(coadd=coadd, spans=spans).classification


@pytest.fixture(scope="module")
def as_simulated(scene):
    return classify(scene)


@pytest.mark.parametrize("factor", [0.3, 0.44, 1.5, 2.25, 30.0])
def test_a_plane_times_a_number_changes_nothing(scene, as_simulated, factor):
    spans, found = classify(scene.replace(variance=scene.variance * np.float32(factor)))
    assert len(found) == pytest.approx(len(as_simulated[1]), rel=0.01)
    if len(found) == len(as_simulated[1]) and len(spans) == len(as_simulated[0]):
        change = found["blendProbability"] - as_simulated[1]["blendProbability"]
        assert np.abs(change).mean() < 0.005


def test_no_plane_changes_next_to_nothing(scene, as_simulated):
    _, found = classify(scene.replace(variance=None))
    assert len(found) == pytest.approx(len(as_simulated[1]), rel=0.02)
    means = [np.mean(table["blendProbability"]) for table in (found, as_simulated[1])]
    assert means[0] == pytest.approx(means[1], abs=0.01)
