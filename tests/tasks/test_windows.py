"""Whatever the side of the tiles, an image gives the results that it gives in one piece."""

import mmap

import numpy as np
import pytest
from astropy.table import Table
from astropy.wcs import WCS
from lsst.pipe.base import InMemoryDatasetHandle

from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import read_coadd, write_coadd
from meas_blends.detection.psf import gaussian_psf
from meas_blends.tasks.classify_bands import ClassifyBandsTask
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_bands import DetectBandsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask

SIGMA = 1.8
SHAPE = (560, 640)
SIDE = 256


def wcs():
    made = WCS(naxis=2)
    made.wcs.ctype = "RA---TAN", "DEC--TAN"
    made.wcs.crval = 150.0, 2.0
    made.wcs.crpix = 100.0, 50.0
    made.wcs.cdelt = -0.2 / 3600, 0.2 / 3600
    return made


def crowd(scale=1.0, line=15, **fields):
    """A crowded scene: sources on every seam and corner, at borders, and one across three tiles."""
    rng = np.random.default_rng(1)
    ny, nx = SHAPE
    x, y = rng.uniform(0, nx, 420), rng.uniform(0, ny, 420)
    height = 10 ** rng.uniform(0.6, 2.0, 420)
    seams = [(256, 256), (255.5, 100), (300, 255.5), (512, 256), (256, 511), (0, 256), (256, 0)]
    borders = [(nx - 1, 256), (512, ny - 1), (0, 0), (nx - 1, ny - 1)]
    more_x, more_y = zip(*seams, *borders, strict=True)
    x, y = np.append(x, more_x), np.append(y, more_y)
    height = np.append(height, np.full(len(seams) + len(borders), 60.0))
    image = np.zeros(SHAPE)
    for x0, y0, peak in zip(x, y, height, strict=True):
        j, i = (slice(max(int(c) - 12, 0), int(c) + 13) for c in (y0, x0))
        rows, columns = np.mgrid[j, i][:, : ny - j.start, : nx - i.start]
        profile = np.exp(-0.5 * ((columns - x0) ** 2 + (rows - y0) ** 2) / SIGMA**2)
        image[j, i] += scale * peak * profile
    rows, columns = np.indices(SHAPE)
    image += line * np.exp(-0.5 * (rows - 40 - 0.6 * columns) ** 2 / 3.0**2)
    image += np.random.default_rng(int(10 * scale)).normal(0, 1, SHAPE)
    image[250:262, 400:404] = np.nan
    mask = np.zeros(SHAPE, np.int32)
    mask[100:140, 250:260] = 1
    variance = np.broadcast_to(1 + 0.2 * columns / nx, SHAPE)
    fields = {"psf": gaussian_psf(SIGMA), "zero_point": 27.0, "band": "i", **fields}
    return Coadd(image, variance, mask, wcs=wcs(), xy0=(12_000, -300), **fields)


@pytest.fixture(scope="module")
def coadd():
    return crowd()


def task(kind, side, finder=None, **settings):
    config = kind.ConfigClass()
    config.filtering.tile = side
    for name, value in settings.items():
        holder = config if name in config else config.filtering
        setattr(holder, name, value)
    if finder is not None:
        config.peak_finder.name = finder
    return kind(config=config)


def equal(one: Table, other: Table, inexact=()):
    assert one.colnames == other.colnames
    for name in one.colnames:
        if name in inexact or name.startswith("coord_"):
            tolerance = 1e-9 if name.startswith("coord_") else 1e-5
            np.testing.assert_allclose(one[name], other[name], rtol=0, atol=tolerance)
        else:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
        for about in ("dtype", "unit", "description", "meta"):
            assert getattr(one[name], about) == getattr(other[name], about)
    assert one.meta == other.meta


OPTIONS = {
    "as it comes": {},
    "psf": {"kernel": "psf"},
    "fewest pixels": {"min_area": 8},
    "local background": {"temporary_local_background": True, "local_background_mesh": 32},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_footprints_and_peaks(coadd, options):
    whole = task(DetectFootprintsTask, 2048, **options).run(coadd)
    tiled = task(DetectFootprintsTask, SIDE, **options).run(coadd)
    equal(tiled.spans, whole.spans)
    equal(tiled.footprints, whole.footprints)
    extent = whole.footprints["x1"] - whole.footprints["x0"]
    assert len(extent) > 40
    assert extent.max() > 2 * SIDE
    options = {name: value for name, value in options.items() if name != "min_area"}
    finder = task(ClassifyBlendsTask, 2048, "local_maxima", **options)
    in_one = finder.run(coadd, whole.spans)
    in_tiles = task(ClassifyBlendsTask, SIDE, "local_maxima", **options).run(coadd, whole.spans)
    equal(in_tiles.classification, in_one.classification)
    equal(in_tiles.peaks, in_one.peaks)
    assert in_one.peaks["id"].tolist() == list(range(1, len(in_one.peaks) + 1))
    assert in_one.peaks["id"].description == PEAKS.make()["id"].description


PROBABILITIES = ["blendProbability", "probability", *(f"probability{k}" for k in (1, 2, 3, 4))]
PLACES = ["f_x", "f_y", "f_xErr", "f_yErr"]


@pytest.mark.parametrize("finder", ["gp", "gp_pca"])
def test_probabilities(coadd, finder):
    spans = DetectFootprintsTask().run(coadd).spans
    whole = task(ClassifyBlendsTask, 2048, finder).run(coadd, spans)
    tiled = task(ClassifyBlendsTask, SIDE, finder).run(coadd, spans)
    equal(tiled.classification, whole.classification, PROBABILITIES)
    equal(tiled.peaks, whole.peaks, [*PROBABILITIES, *PLACES])


def test_bands_at_once():
    scales = {"g": 0.3, "r": 0.7, "i": 1.0}
    bands = {band: crowd(scale=scale, line=0, band=band) for band, scale in scales.items()}
    handles = [InMemoryDatasetHandle(one, patch="0", band=band) for band, one in bands.items()]
    found = [task(DetectBandsTask, side, image="stack").run(handles) for side in (2048, SIDE)]
    equal(found[1].footprints, found[0].footprints)
    equal(found[1].spans, found[0].spans)

    def classified(side):
        config = ClassifyBandsTask.ConfigClass()
        config.filtering.tile = side
        config.peak_finder["gp"].model = "gp_lsst_gri"
        return ClassifyBandsTask(config=config).run(handles, found[0].spans)

    whole, tiled = classified(2048), classified(SIDE)
    equal(tiled.classification, whole.classification, PROBABILITIES)
    equal(tiled.peaks, whole.peaks, [*PROBABILITIES, *PLACES])


@pytest.mark.parametrize("known", [True, False], ids=["complete", "image alone"])
def test_an_image_larger_than_memory(coadd, monkeypatch, tmp_path, known):
    whole = coadd if known else Coadd(coadd.image)
    write_coadd(whole, tmp_path / "f.fits")

    def found():
        read = read_coadd(tmp_path / "f.fits")
        detected = task(DetectFootprintsTask, SIDE, min_area=4).run(read)
        peaks = task(ClassifyBlendsTask, SIDE, "local_maxima").run(read, detected.spans)
        return read, detected, peaks

    read, detected, classified = found()
    assert len(detected.footprints) > 20
    # A small share of memory, and strips that are much smaller than the image.
    monkeypatch.setenv("MEAS_BLENDS_MEMORY", "0.001")
    monkeypatch.setattr("meas_blends.data.tiles._STRIP_PIXELS", 100 * SHAPE[1])
    from_disk, again, peaks = found()
    assert isinstance(from_disk.image.base.base.obj, mmap.mmap)
    np.testing.assert_array_equal(from_disk.image, read.image)
    for name in ("footprints", "spans"):
        equal(getattr(again, name), getattr(detected, name))
    equal(peaks.classification, classified.classification)
    equal(peaks.peaks, classified.peaks)


def test_no_footprints(coadd):
    classify = task(ClassifyBlendsTask, SIDE, "local_maxima")
    found = classify.run(coadd, DetectFootprintsTask().run(coadd).spans[:0])
    assert len(found.peaks) == len(found.classification) == 0
    assert "f_x" in found.peaks.colnames


def test_a_large_image_is_warned_of_once(coadd, caplog):
    broad = coadd.replace(psf=gaussian_psf(4.0), name="broad")
    spans = DetectFootprintsTask().run(broad).spans
    task(ClassifyBlendsTask, SIDE, "logistic").run(broad, spans)
    assert caplog.text.count("broad: the width of its PSF") == 1


def test_tiles_are_not_small():
    config = DetectFootprintsTask.ConfigClass()
    with pytest.raises(ValueError, match="tile"):
        config.filtering.tile = 128
