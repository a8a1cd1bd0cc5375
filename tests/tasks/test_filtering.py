"""The preparation that detection and peak finding share."""

import numpy as np
import pytest

from meas_blends.tasks.filtering import FilteringConfig, filter_coadd
from toys import SIGMA, draw


@pytest.fixture
def coadd():
    """One source on a sky of 50, without a PSF."""
    made = draw([(60, 50, 80)], shape=(120, 130))
    noise = np.random.default_rng(3).normal(0, 1, made.shape)
    return made.replace(image=made.image + 50 + noise)


def test_background_is_subtracted_unless_asked_not_to(coadd):
    config = FilteringConfig()
    assert abs(np.median(filter_coadd(coadd, config).coadd.image)) < 0.2
    config.subtract_background = False
    assert np.median(filter_coadd(coadd, config).coadd.image) == pytest.approx(50, abs=0.2)


def test_what_the_coadd_lacks_is_estimated(coadd):
    bare = coadd.replace(variance=None, psf=None)
    filtered = filter_coadd(bare, FilteringConfig())
    assert np.median(filtered.coadd.variance) == pytest.approx(1, rel=0.15)
    assert filtered.sigma == pytest.approx(SIGMA, rel=0.15)
    assert bare.variance is None


@pytest.mark.parametrize("name, value", [("kernel", "boxcar"), ("noise", "none"), ("kernel", None)])
def test_unknown_choices_are_refused(name, value):
    config = FilteringConfig()
    with pytest.raises(ValueError, match=name):
        setattr(config, name, value)
        config.validate()


def test_kernel_reaches_the_filter(coadd):
    y, x = np.indices((21, 21)) - 10
    long = coadd.replace(psf=np.exp(-0.5 * (x / 3.0) ** 2 - 0.5 * (y / 1.2) ** 2))
    images = []
    for kernel in ("gaussian", "psf"):
        config = FilteringConfig()
        config.kernel = kernel
        images.append(filter_coadd(long, config).smoothed)
    along, across = (images[1][50, 66], images[1][56, 60])
    # Only the PSF itself smears the round source along its own long axis.
    assert along > 2 * across
    assert images[0][50, 66] == pytest.approx(images[0][56, 60], rel=0.2)


def test_noise_reaches_the_filter(coadd):
    config = FilteringConfig()
    halved = coadd.replace(variance=coadd.variance / 2)
    config.noise = "variance"
    assert filter_coadd(halved, config).noise_factor == 1.0
    config.noise = "scatter"
    assert filter_coadd(halved, config).noise_factor == pytest.approx(np.sqrt(2), rel=0.05)
