"""Layouts of image files: ours as others declare theirs, and those of other plugins."""

import types

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits import read_coadd
from meas_blends.data.fits.layouts import Layout, known
from meas_blends.errors import BadInputError
from meas_blends.plugins import Extension, extensions, hookimpl, layouts, load, manager
from meas_blends.plugins.layouts import register_layouts
from meas_blends.run.images import ImageOptions, read_image

MINE = Layout("mine", lambda hdus: "MINE" in hdus[0].header, rms=("NOISE",))


@pytest.fixture
def install(monkeypatch):
    """Pretend that a plugin is installed, which offers a layout; undo what it registers."""

    def install(target, name="mine"):
        class Plugin:
            @hookimpl
            def meas_blends_extensions(self):
                return [Extension("layout", name, target, "Mine.")]

        plugin = Plugin()
        point = types.SimpleNamespace(name="p", value="p", dist=None, load=lambda: plugin)
        monkeypatch.setattr(manager, "entry_points", lambda group: [point])
        monkeypatch.setattr(known, "_registered", {})
        for cached in (extensions, register_layouts):
            cached.cache_clear()

    yield install
    for cached in (extensions, register_layouts):
        cached.cache_clear()


def test_the_shipped_ones_are_declared_in_the_order_in_which_they_are_asked():
    declared = [found.extension for found in extensions() if found.extension.kind == "layout"]
    assert [one.name for one in declared] == [layout.name for layout in known.SHIPPED]
    assert all(one.target.startswith(layouts._SHIPPED) for one in declared)


def test_one_of_a_plugin_is_recognised(install, tmp_path):
    install(f"{__name__}:MINE")
    hdu = fits.PrimaryHDU(np.zeros((4, 4)))
    hdu.header["MINE"] = True
    noise = fits.ImageHDU(np.full((4, 4), 2.0), name="NOISE")
    fits.HDUList([hdu, noise]).writeto(tmp_path / "f.fits")
    assert read_coadd(tmp_path / "f.fits").variance is None
    assert (read_image(tmp_path / "f.fits", ImageOptions(psf_fwhm=0.7, pixel_scale=0.2)).variance
            == 4.0).all()  # fmt: skip
    assert (read_coadd(tmp_path / "f.fits", layout="mine").variance == 4.0).all()


@pytest.mark.parametrize(
    ("target", "name", "words"),
    [
        ("gone_module:MINE", "mine", "cannot be imported"),
        ("meas_blends.errors:BadInputError", "mine", "is no Layout of that name"),
        (f"{__name__}:MINE", "other", "is no Layout of that name"),
    ],
)
def test_one_that_cannot_be_used_is_a_warning(install, caplog, tmp_path, target, name, words):
    install(target, name)
    (found,) = [f for f in extensions() if f.origin == "p"]
    with pytest.raises(BadInputError, match=words):
        load(found)
    register_layouts()
    assert words in caplog.text
    fits.writeto(tmp_path / "f.fits", np.zeros((4, 4)))
    assert read_coadd(tmp_path / "f.fits").shape == (4, 4)
