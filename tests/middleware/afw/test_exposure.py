"""Exposures of afw as coadds."""

import sys
import types
from types import SimpleNamespace

import numpy as np
import pytest
from lsst.daf.butler import Config, StorageClass

from meas_blends.data.coadd import Coadd
from meas_blends.detection.psf import gaussian_psf
from meas_blends.middleware.afw.exposure import coadd_from_exposure
from middleware.afw.fake import Box, Image, Point, tangent_wcs
from toys import draw

XY0 = (-37, 16000)


def scene(**fields):
    coadd = draw([(30, 20, 50)], xy0=XY0, **fields)
    coadd.mask[5, 7] = 1 << coadd.mask_planes["SAT"]
    coadd.mask[6, 8] = 1 << coadd.mask_planes["EDGE"]
    return coadd


def test_pixels_origin_and_masks(afw):
    coadd = scene()
    found = coadd_from_exposure(afw.exposure(coadd), "mine")
    assert np.array_equal(found.image, coadd.image)
    assert np.array_equal(found.variance, coadd.variance)
    for plane in ("SAT", "EDGE", "BAD"):
        assert np.array_equal(found.in_planes(plane), coadd.in_planes(plane))
    assert found.xy0 == XY0
    assert found.name == "mine"


def test_pixels_are_copies(afw):
    exposure = afw.exposure(scene())
    found = coadd_from_exposure(exposure)
    found.image[:], found.mask[:] = 0, 0
    assert exposure.image.array.any()
    assert exposure.mask.array.any()


def test_psf(afw):
    coadd = scene()
    assert np.allclose(
        coadd_from_exposure(afw.exposure(coadd)).psf.middle, coadd.psf.middle, atol=1e-7
    )


def test_a_psf_off_the_middle_of_its_image(afw):
    coadd = scene()
    wide = np.pad(coadd.psf.middle, ((0, 2), (4, 0)))
    wider = coadd.replace(psf=wide)
    half = coadd.psf.middle.shape[0] // 2
    found = coadd_from_exposure(afw.exposure(wider, centre=(half + 4, half))).psf.middle
    assert np.unravel_index(found.argmax(), found.shape) == (found.shape[0] // 2,) * 2
    assert np.allclose(found, coadd.psf.middle, atol=1e-7)


class VaryingPsf:
    """Widens along x; there is none above a row."""

    def getAveragePosition(self):
        return Point(0.0, 0.0)

    def computeKernelImage(self, position):
        if position.y > XY0[1] + 512:
            raise LookupError("no exposure here")
        size = 21 if position.x < XY0[0] + 256 else 31
        sigma = 1.5 + (position.x - XY0[0]) / 1000
        return Image(gaussian_psf(sigma, size).astype(float), (-(size // 2), -(size // 2)))


class StitchedPsf:
    """Cells of an image each, one of them missing, as lsst.cell_coadds has them."""

    def __init__(self):
        cells = [(5, 7), (6, 7), (5, 8)]
        self.images = {
            Point(*cell): Image(gaussian_psf(1.5 + 0.1 * k, 21).astype(float), (-10, -10))
            for k, cell in enumerate(cells)
        }
        self.grid = SimpleNamespace(bbox_of=lambda cell: Extent(150 * cell.x, 150 * cell.y))


class Extent(Box):
    def __init__(self, x0, y0):
        super().__init__(x0, y0, 150, 150)

    def getWidth(self):
        return self.width

    def getHeight(self):
        return self.height


def test_a_psf_that_varies_is_evaluated_in_cells(afw, fake_only):
    coadd = draw([], shape=(768, 512), xy0=XY0)
    exposure = afw.exposure(coadd)
    exposure._parts["psf"] = VaryingPsf()
    psf = coadd_from_exposure(exposure).psf
    assert psf.present.tolist() == [[True, True], [True, True], [False, False]]
    left, right = psf.at([XY0[0] + 10, XY0[0] + 300], [XY0[1] + 5, XY0[1] + 700])
    np.testing.assert_allclose(left[5:-5, 5:-5], gaussian_psf(1.5 + 127.5 / 1000, 21), atol=1e-6)
    np.testing.assert_allclose(right, gaussian_psf(1.5 + 383.5 / 1000, 31), atol=1e-6)


def test_a_psf_of_cells_keeps_them(afw, fake_only):
    exposure = afw.exposure(draw([], xy0=XY0))
    exposure._parts["psf"] = StitchedPsf()
    psf = coadd_from_exposure(exposure).psf
    assert (psf.origin, psf.cell_shape) == ((750, 1050), (150, 150))
    assert psf.present.tolist() == [[True, True], [True, False]]
    np.testing.assert_allclose(psf.images[1, 0], gaussian_psf(1.7, 21), atol=1e-6)


def test_calibration_and_band(afw):
    coadd = scene()
    assert coadd_from_exposure(afw.exposure(coadd)).zero_point == pytest.approx(27.0)
    assert coadd_from_exposure(afw.exposure(coadd)).band == "i"
    assert coadd_from_exposure(afw.exposure(coadd, None, "HSC-I2")).band == "i"


def test_sky_positions(afw):
    found = coadd_from_exposure(afw.exposure(scene(wcs=tangent_wcs(XY0))))
    # The reference pixel of the WCS is the parent pixel (0, 0).
    x, y = np.array([0.0, -3600.0, 0.0]), np.array([0.0, 0.0, 3600.0])
    ra, dec = found.sky(x, y)
    assert np.allclose(ra, [150.0, 150.0 + 0.2 / np.cos(np.radians(2.0)), 150.0], atol=1e-6)
    assert np.allclose(dec, [2.0, 2.0, 2.2], atol=1e-5)
    # A gnomonic projection's scale where the image lies, 16000 pixels from its reference.
    away = np.radians(np.hypot(*(np.array(XY0) + 0.5 * np.array(found.shape[::-1]))) * 0.2 / 3600)
    assert found.pixel_scale == pytest.approx(0.2 * np.cos(away) ** 1.5, rel=1e-6)


def test_an_exposure_that_has_nothing_but_pixels(afw):
    bare = scene(psf=None).replace(zero_point=np.nan)
    found = coadd_from_exposure(afw.exposure(bare, "", ""))
    assert found.psf is None
    assert found.wcs is None
    assert np.isnan(found.zero_point)
    assert found.band == ""


def test_a_butler_converts_it(afw, monkeypatch):
    exposure = afw.exposure(scene())
    # What a Butler imports by name: the real module stays, in place of the fake there is none.
    package, module = types.ModuleType("lsst.afw"), types.ModuleType("lsst.afw.image")
    module.Exposure = type(exposure)
    if "lsst.afw.image" not in sys.modules:
        monkeypatch.setitem(sys.modules, "lsst.afw", package)
        monkeypatch.setitem(sys.modules, "lsst.afw.image", module)
    seed = Config("resource://meas_blends/config/butler_seed.yaml")["storageClasses", "BlendCoadd"]
    kept = StorageClass("BlendCoadd", pytype=Coadd, converters=dict(seed["converters"]))
    coadd = kept.coerce_type(exposure)
    assert isinstance(coadd, Coadd)
    assert coadd.xy0 == XY0
    assert np.array_equal(coadd.image, exposure.image.array)
