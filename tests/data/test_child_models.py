"""Models of children: put together, painted, and kept as files."""

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.child_models import ChildModels
from meas_blends.errors import BadInputError


def two_children():
    first = np.arange(2 * 2 * 3, dtype=float).reshape(2, 2, 3)
    second = np.full((2, 1, 1), 5.0)
    return ChildModels.of([7, 9], [(10, 20), (-1, 21)], [first, second], ["g", "i"])


def test_each_child_where_it_lies():
    models = two_children()
    model, corner = models.of_child(7, "i")
    assert corner == (10, 20)
    assert np.array_equal(model, [[6, 7, 8], [9, 10, 11]])
    assert models.of_child(8, "g") is None


def test_all_in_one_image_and_what_lies_beyond_it_is_cut_off():
    image = two_children().image("i", (2, 3), (11, 20))
    assert np.array_equal(image, [[7, 8, 0], [10, 11, 0]])
    image = two_children().image("g", (1, 1), (-1, 21))
    assert image.tolist() == [[5.0]]


def test_files(tmp_path):
    models = two_children()
    models.write(tmp_path / "models.fits")
    back = ChildModels.read(tmp_path / "models.fits")
    assert back.bands == ("g", "i")
    assert np.array_equal(back.pixels, models.pixels)
    none = ChildModels.of([], [], [], ["g"])
    none.write(tmp_path / "none.fits")
    assert len(ChildModels.read(tmp_path / "none.fits")) == 0
    assert not none.image("g", (2, 2)).any()


def test_files_that_are_something_else(tmp_path):
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "image.fits")
    with pytest.raises(BadInputError, match="no HDU MODELS"):
        ChildModels.read(tmp_path / "image.fits")
    two_children().write(tmp_path / "models.fits")
    with fits.open(tmp_path / "models.fits", mode="update") as hdus:
        hdus["BOXES"].data["first"][1] = 10**12
    with pytest.raises(BadInputError, match="do not fit"):
        ChildModels.read(tmp_path / "models.fits")
