"""LSST's rule as a subtask."""

import numpy as np

from meas_blends.tasks.peak_finders.local_maxima import LocalMaximaTask
from toys import detect, draw


def test_the_threshold_is_configuration():
    filtered, pixels = detect(draw([(30, 30, 20), (44, 30, 1.2)]), grow_sigma=8)
    for threshold, expected in ((1.0, [2]), (5.0, [1])):
        config = LocalMaximaTask.ConfigClass()
        config.threshold = threshold
        result = LocalMaximaTask(config=config).run(filtered, pixels)
        assert list(result.classification["nPeaks"]) == expected
        assert len(result.peaks) == expected[0]


def test_it_states_no_probability():
    result = LocalMaximaTask().run(*detect(draw([(30, 30, 20)])))
    assert np.isnan(result.classification["blendProbability"]).all()
    assert set(result.classification["peakFinder"]) == {"local_maxima"}
    assert set(result.classification["model"]) == {""}
