"""The Gaussian process as a subtask."""

import numpy as np
import pytest

from meas_blends.data.packages import shipped_packages
from meas_blends.errors import BadInputError
from meas_blends.tasks.peak_finders.gp import GaussianProcessTask
from toys import detect, draw


def make_task(model, **fields):
    config = GaussianProcessTask.ConfigClass()
    config.model = str(model)
    for name, value in fields.items():
        setattr(config, name, value)
    return GaussianProcessTask(config=config)


def test_the_models_own_threshold_unless_another_is_given(gp_package):
    filtered, pixels = detect(draw([(20, 16, 60), (60, 20, 60), (64, 20, 30)]))
    own = make_task(gp_package)
    probability = own.run(filtered, pixels).classification["blendProbability"]
    threshold = own.model.calibration.threshold
    called = own.run(filtered, pixels).classification["blended"]
    np.testing.assert_array_equal(called, probability > threshold)
    strict = make_task(gp_package, threshold=1.0).run(filtered, pixels)
    assert not strict.classification["blended"].any()
    np.testing.assert_array_equal(strict.classification["blendProbability"], probability)


def test_the_kth_peak_has_the_probability_of_k_objects_or_more(gp_package):
    filtered, pixels = detect(draw([(14 + 10 * k, 30, 60 - 5 * k) for k in range(5)]))
    result = make_task(gp_package, threshold=0.0).run(filtered, pixels)
    (row,) = result.classification
    counts = np.array([row[f"probability{k}"] for k in (1, 2, 3, 4)])
    at_least = [counts[k:].sum() for k in range(4)]
    assert row["nPeaks"] == 5
    expected = [*at_least, at_least[3]]
    np.testing.assert_allclose(result.peaks["probability"], expected, atol=1e-6)


def test_a_package_of_another_kind():
    with pytest.raises(BadInputError, match=r"of kind morphology_compact, where blend_gp is"):
        make_task(shipped_packages()["compact_lsst"])


def test_the_shipped_model_tells_a_close_pair_from_a_single_source():
    # Sources of S/N 60 a pixel: one alone, and two that touch.
    filtered, pixels = detect(draw([(20, 16, 60), (60, 44, 60), (66, 40, 50)]))
    result = GaussianProcessTask().run(filtered, pixels).classification
    assert list(result["blended"]) == [False, True]
