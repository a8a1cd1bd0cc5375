"""Footprints that are too large to classify keep their local maxima, whole or in pieces."""

import numpy as np
import pytest

from meas_blends.blends.detections import Detections
from meas_blends.blends.maxima import find_maxima
from meas_blends.blends.too_large import is_too_large
from meas_blends.data import tiles
from meas_blends.data.catalogs import CLASSIFICATION, PEAKS, SPANS
from meas_blends.data.footprints import pixel_lists
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import MatchedFilter
from meas_blends.tasks.peak_finders.local_maxima import LocalMaximaTask
from meas_blends.tasks.peak_finders.shipped import GpTask, LogisticTask
from meas_blends.tasks.windows import find_peaks
from toys import draw

TOO_LARGE = CLASSIFICATION.flag("TOO_LARGE")

#: A single source, a pair, and a row of ten that hang together.
SOURCES = [(14, 14, 60), (50, 12, 60), (55, 12, 50), *((12 + 9 * k, 50, 60 - k) for k in range(10))]
SHAPE = (80, 120)


@pytest.fixture(scope="module")
def scene():
    coadd = draw(SOURCES, SHAPE, band="i", pixel_scale=0.2, xy0=(100, -20))
    noise = np.random.default_rng(1).normal(0, 0.3, SHAPE).astype(np.float32)
    noise[60:62, 30:33] = np.nan
    matched = MatchedFilter.fit(coadd.replace(image=coadd.image + noise), noise="variance")
    return matched, find_footprints(matched)[1]


def make(kind=GpTask, **fields):
    config = kind.ConfigClass()
    for name, value in fields.items():
        setattr(config, name, value)
    return kind(config=config)


def whole(task, scene):
    matched, spans = scene
    coadd = matched.coadd
    return task.run(matched.window(), pixel_lists(spans, coadd.shape, coadd.xy0))


def same(one, other):
    assert one.colnames == other.colnames
    for name in one.colnames:
        if name != "id":
            np.testing.assert_array_equal(one[name], other[name], name)


@pytest.mark.parametrize("limit", [{"max_area": 1500}, {"max_maxima": 9}])
@pytest.mark.parametrize("kind", [GpTask, LogisticTask])
def test_the_large_one_keeps_its_maxima_and_the_others_change_nothing(scene, kind, limit):
    usual, limited = whole(make(kind), scene), whole(make(kind, **limit), scene)
    large = limited.classification["flags"] & TOO_LARGE != 0
    assert large.tolist() == [False, False, True]
    assert not (usual.classification["flags"] & TOO_LARGE).any()
    same(limited.classification[~large], usual.classification[~large])
    of_large = limited.peaks["footprintId"] == limited.classification["footprintId"][large][0]
    same(limited.peaks[~of_large], usual.peaks[usual.peaks["footprintId"] != 3])
    (row,) = limited.classification[large]
    assert row["nPeaks"] == of_large.sum() == 10 and row["blended"]
    assert np.isnan(
        [row["blendProbability"], *(row[f"probability{k}"] for k in (1, 2, 3, 4))]
    ).all()
    assert row["flags"] & CLASSIFICATION.flag("NO_PROBABILITY")
    assert row["flags"] & CLASSIFICATION.flag("BAD_PIXELS")
    kept = limited.peaks[of_large]
    assert (kept["flags"] & PEAKS.flag("TOO_LARGE") != 0).all() and np.isnan(
        kept["probability"]
    ).all()
    maxima = whole(make(LocalMaximaTask), scene).peaks
    maxima = maxima[maxima["footprintId"] == 3]
    np.testing.assert_array_equal(kept["i_x"], maxima["i_x"])
    np.testing.assert_array_equal(kept["i_y"], maxima["i_y"])
    # Sub-pixel centres, unlike LSST's.
    assert (kept["f_x"] != kept["i_x"]).any()


@pytest.mark.parametrize("rows", [1, 7, 30, 80])
@pytest.mark.parametrize("kind", [GpTask, LocalMaximaTask])
def test_pieces_give_what_the_whole_gives(scene, monkeypatch, kind, rows):
    monkeypatch.setattr(tiles, "_STRIP_PIXELS", rows * SHAPE[1])
    task = make(kind, **({"max_area": 300} if kind is GpTask else {}))
    monkeypatch.setattr(kind, "is_too_large", lambda self, area: area > 300)
    expected, found = whole(task, scene), find_peaks(task, *scene, 256)
    same(found.classification, expected.classification)
    same(found.peaks, expected.peaks)


def test_pieces_without_any_maximum_have_one_peak(scene, monkeypatch):
    monkeypatch.setattr(tiles, "_STRIP_PIXELS", 5 * SHAPE[1])
    task = make(max_area=1, peak_threshold=1e6)
    expected, found = whole(task, scene), find_peaks(task, *scene, 256)
    same(found.classification, expected.classification)
    same(found.peaks, expected.peaks)
    assert (found.peaks["flags"] & PEAKS.flag("NO_MAXIMUM") != 0).all() and len(found.peaks) == 3


def test_all_and_none_may_be_too_large(scene, caplog):
    found = find_peaks(make(max_area=1), *scene, 256)
    assert (found.classification["flags"] & TOO_LARGE != 0).all()
    assert "3 of 3 footprints" in caplog.text
    empty = find_peaks(make(max_area=1), scene[0], SPANS.make(), 256)
    assert len(empty.classification) == len(empty.peaks) == 0


def test_training_is_shown_none(toy_scenes):
    from meas_blends.blends import too_large
    from meas_blends.tasks.labelled_scenes import label_detections
    from toys import toy_scene

    coadd, spans, truth = toy_scene(1)
    filtered = MatchedFilter.fit(coadd).window()
    pixels = pixel_lists(spans, coadd.shape, coadd.xy0)
    detections = Detections(filtered, pixels, find_maxima(filtered, pixels, 5.0))
    everything = label_detections(detections, spans, truth, 5.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(too_large.is_too_large, "__defaults__", (400, 200))
        some = label_detections(detections, spans, truth, 5.0)
    kept = ~is_too_large(detections, 400)
    assert 0 < kept.sum() < len(kept) == len(everything.detections)
    np.testing.assert_array_equal(some.detections.pixels.identifiers, pixels.identifiers[kept])
    np.testing.assert_array_equal(some.n_objects, everything.n_objects[kept])
    np.testing.assert_array_equal(some.detections.n_maxima, detections.n_maxima[kept])
