"""The detection task in memory and in a pipeline."""

import numpy as np
import pytest
from lsst.pipe.base import NoWorkFound, testUtils

from meas_blends.data.catalogs import FOOTPRINTS, SPANS
from meas_blends.data.coadd import Coadd
from meas_blends.detection.psf import gaussian_psf
from meas_blends.tasks.detect_footprints import DetectFootprintsTask


@pytest.fixture
def coadd():
    """Three sources on a sloping sky, without variance."""
    rng = np.random.default_rng(4)
    y, x = np.indices((200, 220))
    image = 100 + 0.01 * x + rng.normal(0, 2, x.shape)
    for x0, y0 in ((40, 50), (120, 60), (180, 150)):
        image += 200 * np.exp(-0.5 * ((x - x0) ** 2 + (y - y0) ** 2) / 1.8**2)
    return Coadd(image, psf=gaussian_psf(1.8), zero_point=27.0)


def test_connections():
    testUtils.lintConnections(DetectFootprintsTask.ConfigClass.ConnectionsClass)


def test_finds_sources_on_a_sloping_sky_without_variance(coadd):
    result = DetectFootprintsTask().run(coadd=coadd)
    FOOTPRINTS.check(result.footprints)
    SPANS.check(result.spans)
    positions = np.column_stack([result.footprints["x"], result.footprints["y"]])
    np.testing.assert_allclose(positions, [(40, 50), (120, 60), (180, 150)], atol=0.3)
    area = result.spans["x1"] - result.spans["x0"] + 1
    assert area.sum() == result.footprints["footprintArea"].sum()


def test_configuration_reaches_the_algorithm(coadd):
    config = DetectFootprintsTask.ConfigClass()
    config.threshold = 500.0
    assert len(DetectFootprintsTask(config=config).run(coadd=coadd).footprints) == 0
    config.threshold = 5.0
    config.filtering.subtract_background = False
    # The sky itself is far above the threshold.
    assert len(DetectFootprintsTask(config=config).run(coadd=coadd).footprints) == 1


@pytest.mark.parametrize("field, value", [("threshold", 0.0), ("grow", -1.0), ("min_area", 0)])
def test_wrong_values_are_refused(field, value):
    config = DetectFootprintsTask.ConfigClass()
    with pytest.raises(ValueError, match=field):
        setattr(config, field, value)
        config.validate()


def test_the_input_is_left_as_it_was(coadd):
    before = coadd.image.copy()
    DetectFootprintsTask().run(coadd=coadd)
    np.testing.assert_array_equal(coadd.image, before)
    assert coadd.variance is None


def test_an_image_without_a_usable_pixel_is_no_work():
    with pytest.raises(NoWorkFound, match=r"night.fits: not one usable pixel"):
        DetectFootprintsTask().run(Coadd(np.full((20, 20), np.nan), name="night.fits"))


def test_an_image_of_sky_alone_has_empty_tables():
    sky = np.random.default_rng(3).normal(size=(60, 60))
    result = DetectFootprintsTask().run(Coadd(sky, np.ones((60, 60)), psf=gaussian_psf(1.8)))
    assert len(result.footprints) == len(result.spans) == 0
