import dataclasses

import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.detection.psf import gaussian_psf
from meas_blends.detection.stack import stack_significance


def band(seed, bad=None):
    image = np.random.default_rng(seed).normal(size=(200, 210))
    image[50, 60] += 300.0
    if bad is not None:
        image[bad] = np.nan
    return matched_filter(Coadd(image, np.ones_like(image), psf=gaussian_psf(1.8)))


def test_noise_keeps_its_scatter_and_sources_gain():
    bands = [band(seed) for seed in range(4)]
    stack = stack_significance(iter(bands))
    assert stack.dtype == np.float32
    assert stack[100:].std() == pytest.approx(1.0, abs=0.05)
    assert stack[50, 60] == pytest.approx(2 * bands[0].significance[50, 60], rel=0.1)


def test_where_a_band_has_no_light_the_others_count():
    half = (slice(None), slice(0, 100))
    bands = [band(0), band(1, half)]
    stack = stack_significance(bands)
    np.testing.assert_allclose(stack[:, :80], bands[0].significance[:, :80], rtol=0.1, atol=0.3)


def test_bad_everywhere_is_nothing():
    one = band(0)
    nothing = dataclasses.replace(one, bad=np.ones_like(one.bad))
    assert not stack_significance([nothing]).any()
