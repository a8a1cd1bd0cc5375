"""The PSF as a function of place."""

import math

import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.data.psf import CellPsf
from meas_blends.errors import BadInputError


def _grid(rows=2, columns=3):
    """Images that each tell their cell: one pixel of two is brighter by its number."""
    images = np.zeros((rows, columns, 3, 3))
    images[..., 1, 1] = 1.0
    images[..., 1, 0] = np.arange(rows * columns).reshape(rows, columns)
    return images


def test_one_image_is_the_case_of_one_cell():
    psf = Coadd(np.zeros((9, 9)), psf=np.full((3, 5), 2.0)).psf
    assert psf.is_constant and psf.images.shape == (1, 1, 3, 5)
    assert psf.at([-1e6, 0, 1e6], [0, 1e6, -1e6]) == pytest.approx(np.full((3, 3, 5), 1 / 15))


def test_each_cell_has_its_own_image_up_to_its_borders():
    psf = CellPsf(_grid(), origin=(100, -50), cell_shape=(10, 20))
    x = np.array([100, 119.4, 119.6, 139.6, 159, 99, 1e4])
    y = np.array([-50, -41, -40.6, -40.4, 1e4, -1e4, -45])
    expected = np.array([0, 0, 1, 5, 5, 0, 2])
    got = psf.at(x, y)
    assert got[:, 1, 0] == pytest.approx(expected / (1 + expected))
    assert got.sum(axis=(1, 2)) == pytest.approx(np.ones(7))


def test_missing_cells_have_the_nearest_psf():
    images = _grid()
    images[1, 2] = np.nan
    images[0, 0] = np.nan
    psf = CellPsf(images, cell_shape=(10, 10))
    assert psf.present.tolist() == [[False, True, True], [True, True, False]]
    assert psf.at([25], [15])[0, 1, 0] in (pytest.approx(2 / 3), pytest.approx(4 / 5))
    assert np.isfinite(psf.at([5, 25], [5, 15])).all()


def test_equal_cells_are_one_kind():
    psf = CellPsf(np.broadcast_to(_grid(1, 1), (4, 5, 3, 3)), cell_shape=(7, 7))
    assert psf.is_constant and len(psf.kinds[0]) == 1


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (np.full((1, 1, 3, 3), math.nan), "missing in every cell"),
        (np.ones((1, 1, 4, 3)), "odd sides"),
        (-np.ones((1, 1, 3, 3)), "positive sum"),
        (np.ones((2, 3, 3)), "one for each cell"),
    ],
)
def test_what_is_no_psf_is_refused(images, words):
    with pytest.raises(BadInputError, match=words):
        CellPsf(images)
