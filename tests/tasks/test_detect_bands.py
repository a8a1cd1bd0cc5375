"""Detection over several bands."""

import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle, testUtils

from meas_blends.data.catalogs import FOOTPRINTS, SPANS
from meas_blends.errors import BadInputError
from meas_blends.tasks.detect_bands import DetectBandsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask
from toys import SIGMA, draw

#: Peak of a Gaussian source of unit point-source S/N in white noise of unit variance.
UNIT = np.sqrt(4 * np.pi) * SIGMA / (2 * np.pi * SIGMA**2)


def handles(**bands):
    return [
        InMemoryDatasetHandle(draw(sources, band=band), band=band)
        for band, sources in bands.items()
    ]


def detect(given, **settings):
    config = DetectBandsTask.ConfigClass()
    config.filtering.subtract_background = False
    # These scenes have no noise to measure.
    config.filtering.noise = "variance"
    for name, value in settings.items():
        setattr(config, name, value)
    return DetectBandsTask(config=config).run(coadds=given)


def test_connections():
    testUtils.lintConnections(DetectBandsTask.ConfigClass.ConnectionsClass)


def test_the_reference_band_alone_decides():
    given = handles(g=[(20, 20, 50)], i=[(60, 40, 50)])
    result = detect(given)
    FOOTPRINTS.check(result.footprints)
    SPANS.check(result.spans)
    assert result.footprints["x"][0] == pytest.approx(60, abs=0.1)
    config = DetectFootprintsTask.ConfigClass()
    config.filtering.subtract_background = False
    alone = DetectFootprintsTask(config=config).run(coadd=given[1].get())
    np.testing.assert_array_equal(result.spans["x0"], alone.spans["x0"])
    assert detect(given, reference="g").footprints["x"][0] == pytest.approx(20, abs=0.1)


def test_the_stack_shows_what_no_band_shows_alone():
    # 4 sigma in each of three bands are 6.9 in their sum.
    given = handles(**{band: [(40, 30, 4 * UNIT)] for band in "gri"})
    assert len(detect(given).footprints) == 0
    (found,) = detect(given, image="stack").footprints
    assert found["significance"] == pytest.approx(4 * np.sqrt(3), rel=0.02)
    assert found["x"] == pytest.approx(40, abs=0.1)


def test_a_missing_reference_band_is_told():
    with pytest.raises(BadInputError, match="there is no i band"):
        detect(handles(g=[], r=[]))
