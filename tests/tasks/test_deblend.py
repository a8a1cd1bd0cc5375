"""The task that deblends a patch, on analytic scenes and on a real blend."""

import builtins

import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle

from meas_blends.data.coadd import Coadd
from meas_blends.data.deblending_tables import CHILD_FLUXES, CHILDREN
from meas_blends.data.footprints import labels_to_spans, spans_to_labels
from meas_blends.data.formats import FORMATS
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError
from meas_blends.run import run_pipeline
from meas_blends.tasks.deblend import DeblendTask, deblended_bands

FLUX = {"g": 800.0, "i": 2000.0}


def one_galaxy(**fields):
    """Handles of a galaxy in two bands, its spans and its peak."""
    rng = np.random.default_rng(1)
    y, x = np.indices((40, 40))
    profile = np.exp(-0.5 * ((x - 20.2) ** 2 + (y - 19.7) ** 2) / 5.0) / (2 * np.pi * 5.0)
    coadds = []
    for band, flux in FLUX.items():
        image = flux * profile + rng.normal(0, 1, x.shape) + 7.0
        coadd = Coadd(
            image, np.ones(x.shape), psf=gaussian_psf(1.5), zero_point=31.4, band=band, **fields
        )
        coadds.append(InMemoryDatasetHandle(coadd, band=band))
    spans = labels_to_spans(((x - 20) ** 2 + (y - 20) ** 2 < 100).astype(int))
    return coadds, spans, peak_table()


def peak_table():
    from meas_blends.data.catalogs import PEAKS

    columns = {column.name: [0] for column in PEAKS.all_columns}
    return PEAKS.make(columns | {"id": [4], "footprintId": [1], "f_x": [20.0], "f_y": [20.0]})


def test_a_galaxy_on_a_background():
    pytest.importorskip("scarlet2", reason="deblending needs the extra [deblend]")
    coadds, spans, peaks = one_galaxy()
    # In whatever order they come.
    made = DeblendTask(config=DeblendTask.ConfigClass()).run(coadds[::-1], spans, peaks)
    CHILDREN.check(made.children)
    CHILD_FLUXES.check(made.fluxes)
    assert made.fluxes["band"].tolist() == ["g", "i"]
    # The noise of a source of this size is about 10.
    assert np.asarray(made.fluxes["flux"]) == pytest.approx(list(FLUX.values()), abs=60)


def test_bands_go_from_blue_to_red_in_whatever_order_they_come():
    coadd = Coadd(np.ones((8, 9)), np.ones((8, 9)), psf=gaussian_psf(1.5))
    config = DeblendTask.ConfigClass()
    config.subtract_background = False
    names = ["VIS", "y", "g", "H", "r.MP9602"]
    for order in (names, names[::-1]):
        handles = [InMemoryDatasetHandle(coadd, band=band) for band in order]
        found = deblended_bands(handles, None, config)
        assert list(found) == ["g", "r.MP9602", "y", "H", "VIS"]


def test_models_go_out_and_come_back(tmp_path):
    pytest.importorskip("scarlet2", reason="deblending needs the extra [deblend]")
    coadds, spans, peaks = one_galaxy()
    models = DeblendTask(config=DeblendTask.ConfigClass()).run(coadds, spans, peaks).models
    kept = FORMATS["BlendChildModels"]
    kept.write(models, tmp_path / "models.fits")
    back = kept.read(tmp_path / "models.fits")
    assert back.bands == ("g", "i")
    assert np.array_equal(back.image("i", (40, 40)), models.image("i", (40, 40)))
    with pytest.raises(BadInputError, match="no models in the z band"):
        back.of_child(4, "z")


def test_the_extra_that_is_missing_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.endswith("deblending.deblend"):
            raise ModuleNotFoundError("No module named 'jax'", name="jax")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(BadInputError, match=r"needs jax.*meas_blends\[deblend\]"):
        DeblendTask(config=DeblendTask.ConfigClass()).run(*one_galaxy())


@pytest.mark.slow
def test_a_real_blend_in_five_bands(shared_data):
    pytest.importorskip("scarlet2", reason="deblending needs the extra [deblend]")
    data = np.load(shared_data / "real" / "hsc_cosmos_35.npz")
    coadds = [
        Coadd(
            data["images"][number],
            variance=data["variance"][number],
            mask=data["mask"][number],
            psf=data["psfs"][number],
            band=band,
            pixel_scale=0.168,
            zero_point=27.0,
        )
        for number, band in enumerate("grizy")
    ]
    made = run_pipeline(coadds, "deblend")
    children, fluxes = made["blend_children"], made["blend_child_fluxes"]
    assert len(fluxes) == 5 * len(children)
    # Each of the seven that a person's pipeline found has a child.
    distance = np.hypot(
        np.subtract.outer(data["catalog"]["x"], np.asarray(children["x"])),
        np.subtract.outer(data["catalog"]["y"], np.asarray(children["y"])),
    )
    nearest = np.sort(distance.min(axis=1))
    # The faintest of them lies in the wings of the brightest.
    assert nearest[5] < 0.8 and nearest[6] < 2.5
    # One profile fits neither of the two brightest: of their light the models leave the noise.
    assert np.sum(np.asarray(children["flags"]) & CHILDREN.flag("FREE_FORM") != 0) >= 1
    assert np.all(np.asarray(children["chi2"]) < 1.2)
    y, x = np.indices(data["images"][0].shape)
    brightest = np.argmax(np.asarray(fluxes["flux"]).reshape(-1, 5)[:, 2])
    radius = np.hypot(x - children["x"][brightest], y - children["y"][brightest])
    ring = (radius > 3) & (radius < 14)
    spans = made["bands_blend_spans"]
    own = spans_to_labels(spans, x.shape) > 0
    for number, band in enumerate("grizy"):
        image, noise = data["images"][number], np.sqrt(data["variance"][number])
        left = image - made["blend_child_models"].image(band, image.shape)
        assert np.std((left / noise)[ring]) < 1.3
        # Stamps share the data out.
        shared = made["blend_child_stamps"].image(band, image.shape)
        assert np.abs((image - shared) / noise)[own].max() < 0.5
