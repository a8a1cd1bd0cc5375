import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle

from meas_blends.data.coadd import Coadd
from meas_blends.errors import BadInputError
from meas_blends.tasks.handles import by_band, in_priority, read_bands, reference_band


def handle(band, shape=(20, 20)):
    image = np.random.default_rng(1).normal(size=shape)
    coadd = Coadd(image, psf=np.ones((3, 3)), band=band, name=f"{band}.fits")
    return InMemoryDatasetHandle(coadd, band=band, patch="0")


def test_handles_by_band():
    handles = [handle("g"), handle("r")]
    assert by_band(handles) == {"g": handles[0], "r": handles[1]}


def test_bands_by_priority():
    assert in_priority("ugriz", ["i", "r"]) == ["i", "r", "u", "g", "z"]
    assert in_priority(["VIS", "y"], []) == ["VIS", "y"]


def test_the_reference_band():
    assert reference_band(["g", "r"], "r") == "r"
    # A single image is its own reference, whatever it is called.
    assert reference_band([""], "i") == ""
    with pytest.raises(BadInputError, match=r"there is no i band, .* reference of g, r"):
        reference_band(["g", "r"], "i")


def test_coadds_are_read_one_by_one_and_completed():
    bands = list(read_bands(by_band([handle("g"), handle("r")]), ["r", "g"]))
    assert [band for band, _ in bands] == ["r", "g"]
    assert all(coadd.variance is not None for _, coadd in bands)


def test_other_grids_stop_the_reading():
    handles = by_band([handle("g"), handle("r", (20, 21))])
    with pytest.raises(BadInputError, match=r"r\.fits: has 21 x 20 pixels and g\.fits 20 x 20"):
        list(read_bands(handles, ["g", "r"]))
