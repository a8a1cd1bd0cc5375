"""PSF models that lsst.images evaluates; a stand-in for it where it is not installed."""

import contextlib
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.data.fits.cell_coadd import EVALUATOR
from meas_blends.detection.psf import gaussian_psf, psf_widths
from meas_blends.run.model_psf import with_model_psf

ORIGIN = f"its piff_psf is evaluated by {EVALUATOR} alone"
XY0 = (100, -20)


class Model:
    """Widens along x; it is not bound to hold everywhere."""

    bounds = SimpleNamespace(contains=lambda x, y: y < XY0[1] + 512)

    def compute_kernel_image(self, *, x, y):
        side = SimpleNamespace(start=-10, stop=11)
        image = gaussian_psf(1.5 + (x - XY0[0]) / 1000, 21)
        return SimpleNamespace(array=image, bbox=SimpleNamespace(x=side, y=side))


@pytest.fixture
def coadd():
    remarks = {"PSF": "taken from stars", "WCS": "none"}
    return Coadd(np.ones((768, 512)), xy0=XY0, origins={"psf": ORIGIN}, remarks=remarks)


@pytest.fixture
def opened(monkeypatch):
    """Archives that were opened; set its ``model`` to what they hold."""
    state = SimpleNamespace(paths=[], model=Model())

    @contextlib.contextmanager
    def open_archive(path):
        state.paths.append(path)
        yield SimpleNamespace(get_component=lambda name: state.model)

    module = ModuleType("lsst.images.serialization")
    module.open_archive = open_archive
    for name in ("lsst.images", module.__name__):
        monkeypatch.setitem(sys.modules, name, module)
    return state


def test_the_model_is_evaluated_in_cells(coadd, opened):
    found = with_model_psf(coadd, "a.fits")
    assert opened.paths == ["a.fits"]
    assert found.psf.present.tolist() == [[True, True], [True, True], [False, False]]
    assert psf_widths(found.psf) == pytest.approx([1.5 + 0.1275, 1.5 + 0.3835], rel=0.01)
    assert found.remarks == {"WCS": "none"}
    assert "by lsst.images" in found.origins["psf"]


def test_only_where_it_is_wanted(coadd, opened):
    for other in (coadd.replace(psf=gaussian_psf(2.0)), coadd.replace(origins={"psf": "no PSF"})):
        assert with_model_psf(other, "a.fits") is other
    assert not opened.paths


def test_a_model_that_cannot_be_read_is_told(coadd, opened):
    opened.model = None
    found = with_model_psf(coadd, "a.fits")
    assert found.psf is None
    assert "cannot be evaluated by lsst.images" in found.remarks["PSF"]
    assert "--psf" in found.remarks["PSF"]


def test_without_lsst_images_stars_must_do(coadd, monkeypatch):
    monkeypatch.setitem(sys.modules, "lsst.images", None)
    assert with_model_psf(coadd, "a.fits") is coadd
