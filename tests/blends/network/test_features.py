"""Features of footprints that need no network."""

import numpy as np

from meas_blends.blends.network.features import FEATURES, footprint_features
from network_toys import only, scene, see
from toys import draw


def test_size_brightness_and_maxima():
    labels = np.zeros((40, 60), int)
    labels[5:15, 5:15], labels[20:30, 20:50] = 1, 2
    detections = see(draw([(10, 10, 30), (27, 25, 50), (42, 25, 70)], labels.shape), labels)
    features = footprint_features(detections)
    assert features.dtype == np.float32 and features.shape == (2, len(FEATURES))
    brightest = [30 * np.sqrt(4 * np.pi) * 1.8 / 2, 70 * np.sqrt(4 * np.pi) * 1.8 / 2]
    np.testing.assert_allclose(features[:, 0], np.log([1, 3]), atol=1e-6)
    np.testing.assert_allclose(features[:, 1], np.arcsinh(brightest) - 2, rtol=0.01)
    np.testing.assert_allclose(features[:, 2], np.log([1, 2]), atol=1e-6)
    np.testing.assert_array_equal(features[:, 3], [0, 1])


def test_each_footprint_for_itself():
    detections = see(scene())
    features = footprint_features(detections)
    assert np.isfinite(features).all()
    for row in range(len(detections)):
        np.testing.assert_array_equal(footprint_features(only(detections, row))[0], features[row])


def test_no_footprints():
    assert footprint_features(see(draw([]))).shape == (0, len(FEATURES))
