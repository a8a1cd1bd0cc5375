"""The slides' normalisation."""

import numpy as np
import pytest

from meas_blends.blends.detections import Detections
from meas_blends.blends.maxima import find_maxima
from meas_blends.blends.normalise import Normalisation
from toys import detect, draw


def test_divides_by_the_maximum_of_the_training():
    filtered, pixels = detect(draw([(20, 20, 20), (60, 40, 50)]))
    detections = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0))
    vectors = Normalisation(23, 30.0, 80.0)(detections)
    assert vectors.shape == (2, 23**2) and vectors.dtype == np.float32
    np.testing.assert_allclose(vectors.max(axis=1), [50 / 80, 1], rtol=1e-5)
    outside = 23**2 - np.diff(pixels.first)
    np.testing.assert_array_equal((vectors == 0).sum(axis=1), outside)
    assert vectors[vectors != 0].min() == pytest.approx(30 / 80, rel=0.01)
