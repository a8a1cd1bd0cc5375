"""Images of lsst.images in memory as coadds, the real ones."""

import numpy as np
import pytest

NEEDED = "lsst.images, which wants Python 3.12 or later, is not installed: bin/test-rubin has it"
pytest.importorskip("lsst.images", reason=NEEDED)

import astropy.units as u
from lsst.images import Box, DifferenceImage, Image, MaskedImage
from lsst.images.fields import ChebyshevField
from lsst.images.psfs import GaussianPointSpreadFunction
from lsst.images.serialization import ArchiveReadError

from meas_blends.detection.psf import gaussian_psf, psf_sigma
from meas_blends.errors import BadInputError
from meas_blends.rubin import as_coadd
from rubin_toys import (
    CELL,
    SOURCES,
    STAMP,
    XY0,
    boxed,
    cell_sigma,
    make_cell_coadd,
    make_visit_image,
    mask_planes,
)
from toys import SIGMA, draw


def test_a_coadd_of_ours_stays_as_it_is():
    coadd = draw(SOURCES)
    assert as_coadd(coadd) is coadd


def test_what_is_no_coadd_is_told():
    for wrong in (np.zeros((3, 3)), None, Image(0.0, bbox=boxed((4, 4), (0, 0)))):
        with pytest.raises(BadInputError, match="not a Coadd; give Coadd"):
            as_coadd(wrong)


def test_pixels_are_shared_not_copied():
    for image in (make_cell_coadd(), make_visit_image()):
        coadd = as_coadd(image)
        assert np.shares_memory(coadd.image, image.image.array)
        assert np.shares_memory(coadd.variance, image.variance.array)


def test_frame_band_and_zero_point_of_a_cell_coadd():
    cell_coadd = make_cell_coadd(band="r")
    coadd = as_coadd(cell_coadd)
    assert coadd.xy0 == XY0
    assert coadd.band == "r"
    assert coadd.zero_point == pytest.approx(31.4)
    assert coadd.pixel_scale == pytest.approx(0.2)
    x, y = np.array([XY0[0], XY0[0] + 140.5]), np.array([XY0[1], XY0[1] + 77.25])
    sky = cell_coadd.sky_projection.pixel_to_sky(x=x, y=y)
    assert np.allclose(coadd.sky(x, y), [sky.ra.deg, sky.dec.deg], rtol=0, atol=1e-9)


@pytest.mark.parametrize(("unit", "zero_point"), [(u.uJy, 23.9), (u.Jy, 8.9), (u.nJy, 31.4)])
def test_the_zero_point_is_that_of_the_unit(unit, zero_point):
    coadd = as_coadd(make_visit_image(unit=unit))
    assert coadd.zero_point == pytest.approx(zero_point, abs=1e-3)


def test_mask_planes_come_by_their_names():
    # So many that a pixel has three bytes.
    cell_coadd = make_cell_coadd(planes=[f"MORE{k}" for k in range(16)])
    cell_coadd.mask.set("MORE15", np.indices((100, 150))[0] == 3)
    coadd = as_coadd(cell_coadd)
    for plane in ("SATURATED", "INEXACT_PSF", "MORE15"):
        assert cell_coadd.mask.get(plane).any()
        assert np.array_equal(coadd.in_planes(plane), cell_coadd.mask.get(plane))
    assert not coadd.in_planes("MORE14").any()


def test_of_too_many_planes_the_empty_ones_are_left_out():
    names = [f"MORE{k}" for k in range(60)]
    cell_coadd = make_cell_coadd(planes=names)
    for number, name in enumerate(names[:40:2]):
        cell_coadd.mask.set(name, np.indices((100, 150))[0] == number)
    coadd = as_coadd(cell_coadd)
    assert not coadd.remarks
    for name in ("SATURATED", *names[:40:2]):
        assert np.array_equal(coadd.in_planes(name), cell_coadd.mask.get(name))
    for name in names:
        cell_coadd.mask.set(name, np.indices((100, 150))[0] == 1)
    coadd = as_coadd(cell_coadd)
    assert "MORE59" in coadd.remarks["mask"]
    assert np.array_equal(coadd.in_planes("SATURATED"), cell_coadd.mask.get("SATURATED"))
    assert coadd.in_planes("NO_DATA")[CELL:, :CELL].all()


def test_missing_cells_are_no_data_and_nothing_else_is():
    coadd = as_coadd(make_cell_coadd(missing=((1, 0), (0, 2))))
    missing = np.zeros(coadd.shape, bool)
    missing[CELL:, :CELL] = missing[:CELL, 2 * CELL :] = True
    assert np.array_equal(coadd.in_planes("NO_DATA"), missing)
    assert np.array_equal(coadd.bad, missing)


def test_the_mask_of_the_cell_coadd_is_not_touched():
    cell_coadd = make_cell_coadd()
    as_coadd(cell_coadd)
    assert not cell_coadd.mask.get("NO_DATA").any()


def test_every_cell_has_its_psf():
    coadd = as_coadd(make_cell_coadd())
    assert coadd.psf.present.tolist() == [[True] * 3, [False, True, True]]
    x = XY0[0] + np.array([0, CELL - 1, CELL, 149])
    y = XY0[1] + np.array([0, CELL - 1, CELL, 99])
    expected = [cell_sigma(*cell) for cell in ((0, 0), (0, 0), (1, 1), (1, 2))]
    assert np.allclose([psf_sigma(psf) for psf in coadd.psf.at(x, y)], expected, rtol=1e-3)


def test_a_part_of_a_cell_coadd_keeps_frame_cells_and_pixels():
    whole = make_cell_coadd()
    part = as_coadd(whole[Box.factory[XY0[1] + 30 : XY0[1] + 90, XY0[0] + 20 : XY0[0] + 130]])
    assert part.xy0 == (XY0[0] + 20, XY0[1] + 30)
    assert np.array_equal(part.image, whole.image.array[30:90, 20:130])
    assert part.in_planes("NO_DATA")[20:, :30].all()
    assert part.in_planes("NO_DATA").sum() == 40 * 30
    everywhere = np.mgrid[XY0[1] + 30 : XY0[1] + 90 : 7, XY0[0] + 20 : XY0[0] + 130 : 7]
    y, x = everywhere.reshape(2, -1)
    inside = ~((y >= XY0[1] + CELL) & (x < XY0[0] + CELL))
    x, y = x[inside], y[inside]
    assert np.array_equal(part.psf.at(x, y), as_coadd(whole).psf.at(x, y))


def test_a_cell_coadd_without_any_cell_has_no_psf_and_no_data():
    everywhere = [(row, column) for row in range(2) for column in range(3)]
    coadd = as_coadd(make_cell_coadd(missing=everywhere))
    assert coadd.psf is None
    assert coadd.bad.all()


def test_a_gaussian_psf_of_a_visit_is_the_same_everywhere():
    coadd = as_coadd(make_visit_image())
    assert coadd.psf.is_constant
    assert coadd.psf.middle.shape == (STAMP, STAMP)
    assert psf_sigma(coadd.psf.middle) == pytest.approx(SIGMA, rel=1e-3)
    assert coadd.band == "i"
    assert coadd.xy0 == (40, 8)


class Widening(GaussianPointSpreadFunction):
    """Wider to the right, unknown at the very left."""

    def compute_kernel_image(self, *, x, y):
        psf = gaussian_psf(1.5 + (x - 40) / 1000)
        half = psf.shape[0] // 2
        # Its middle is not that of the array.
        wide = np.pad(psf, ((0, 2), (4, 0)))
        return Image(wide, bbox=boxed(wide.shape, (-half - 4, -half)))


def test_a_psf_that_varies_is_evaluated_cell_by_cell():
    bounds = boxed((512, 500), (240, 8))
    image = make_visit_image(Widening(1.5, bounds, STAMP), shape=(512, 700))
    psf = as_coadd(image).psf
    assert psf.images.shape[:2] == (2, 3)
    assert psf.present.tolist() == [[False, True, True]] * 2
    width = 700 / 3
    middles = 40 - 0.5 + width * np.array([1.5, 2.5])
    widths = [psf_sigma(one) for one in psf.at(middles, np.array([20, 20]))]
    assert np.allclose(widths, 1.5 + (middles - 40) / 1000, rtol=1e-3)


def test_a_psf_that_cannot_be_read_is_told():
    coadd = as_coadd(make_visit_image(ArchiveReadError("piff is\nnot installed")))
    assert coadd.psf is None
    assert "piff is not installed" in coadd.remarks["PSF"]
    assert "\n" not in coadd.remarks["PSF"]


def test_a_visit_in_electrons_is_calibrated_by_its_scaling():
    box = boxed((100, 150), (40, 8))
    scaling = ChebyshevField(box, np.array([[2.0]]), unit=u.nJy / u.electron)
    image = make_visit_image(unit=u.electron, scaling=scaling)
    coadd = as_coadd(image)
    assert coadd.zero_point == pytest.approx(31.4)
    assert np.allclose(coadd.image, 2 * image.image.array)
    assert np.allclose(coadd.variance, 4 * image.variance.array)


def test_a_visit_in_electrons_without_a_scaling_has_no_zero_point():
    coadd = as_coadd(make_visit_image(unit=u.electron))
    assert np.isnan(coadd.zero_point)
    assert "electron" in coadd.remarks["zero point"]


def test_a_difference_image_is_taken_as_a_visit():
    coadd = as_coadd(make_visit_image(kind=DifferenceImage))
    assert coadd.name == "DifferenceImage"
    assert psf_sigma(coadd.psf.middle) == pytest.approx(SIGMA, rel=1e-3)


def test_a_plain_masked_image_has_pixels_and_no_psf():
    image = MaskedImage(
        Image(np.ones((4, 6)), bbox=boxed((4, 6), (2, 3))), mask_schema=mask_planes("CR")
    )
    coadd = as_coadd(image)
    assert (coadd.xy0, coadd.psf, coadd.wcs) == ((2, 3), None, None)
    assert np.isnan(coadd.zero_point)


def test_the_noise_correlation_is_that_of_the_realizations():
    # Of taps (1, 0.5) along each axis neighbours have 0.5 / 1.25 in common.
    taps = {"taps": (0.0, 1.0, 0.5)}
    correlation = as_coadd(make_cell_coadd((500, 600), realizations=2, **taps)).noise_correlation
    middle = correlation.shape[0] // 2
    assert correlation[middle, middle] == 1
    for dy, dx, expected in ((0, 1, 0.4), (1, 0, 0.4), (1, 1, 0.16), (0, 2, 0.0)):
        found = correlation[middle + dy, middle + dx]
        assert found == pytest.approx(expected, abs=0.01)
        assert found == pytest.approx(correlation[middle - dy, middle - dx])
    assert as_coadd(make_cell_coadd(realizations=0)).noise_correlation is None
