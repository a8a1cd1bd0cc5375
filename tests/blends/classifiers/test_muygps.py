"""Parts of MuyGPs models."""

import numpy as np
import pytest
import yaml

from meas_blends.blends.classifiers.muygps import Hyperparameters, make_muygps, slices


def test_batches_cover_everything_once():
    for number in (0, 1, 512, 513, 2000):
        rows = np.concatenate([[], *(np.arange(number)[part] for part in slices(number))])
        np.testing.assert_array_equal(rows, np.arange(number))


def test_hyperparameters_survive_yaml():
    h = Hyperparameters(1.5, 20.0, 3e-6, 2e4, 50)
    assert Hyperparameters(**yaml.safe_load(yaml.safe_dump(h.as_meta()))) == h


@pytest.mark.parametrize("nu", [1.5, 10.0])
def test_the_kernel_is_one_at_no_distance_and_falls(nu):
    (kernel,) = make_muygps(nu, 20.0, 1e-3).kernel(np.linspace(0, 50, 6)[None])
    assert kernel[0] == pytest.approx(1)
    assert (np.diff(kernel) < 0).all() and kernel[-1] < 0.3
