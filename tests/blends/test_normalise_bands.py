import numpy as np
import pytest

from band_toys import band_detections, without_others
from meas_blends.blends.cutouts import cut_footprints
from meas_blends.blends.normalise_bands import BandNormalisation
from meas_blends.errors import BadInputError


@pytest.fixture(scope="module")
def scene():
    return band_detections(1, shape=(120, 120))


def test_bands_lie_one_after_the_other(scene):
    detections = scene.detections
    normalisation = BandNormalisation(11, 20.0, ("r",), (50.0, 80.0))
    vectors = normalisation(detections)
    assert vectors.shape == (len(detections), 2 * 121)
    assert normalisation.n_blocks == 2
    assert normalisation.maximum == 50.0
    reference = cut_footprints(detections.filtered, detections.pixels, 11, 20.0) / 50
    other = cut_footprints(detections.others["r"], detections.pixels, 11) / 80
    np.testing.assert_allclose(vectors[:, :121], reference.reshape(-1, 121), rtol=1e-6)
    np.testing.assert_allclose(vectors[:, 121:], other.reshape(-1, 121), rtol=1e-6)


def test_bands_that_it_does_not_know_are_left_out(scene):
    assert BandNormalisation(11, 0.0, (), (1.0,))(scene.detections).shape[1] == 121


def test_a_missing_band_is_told(scene):
    normalisation = BandNormalisation(11, 0.0, ("g", "r"), (1.0, 1.0, 1.0))
    with pytest.raises(BadInputError, match="needs the bands g, r beside it, and there are r;"):
        normalisation(scene.detections)
    with pytest.raises(BadInputError, match="there are none; give all of them"):
        normalisation(without_others(scene).detections)
