"""Peaks of afw footprints, rewritten."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from meas_blends.data.footprints import labels_to_spans, spans_to_labels
from meas_blends.middleware.afw.exposure import coadd_from_exposure
from meas_blends.middleware.afw.peaks import rewrite_peaks, spans_of_footprints
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.peak_finders.local_maxima import LocalMaximaTask
from meas_blends.tasks.peak_finders.shipped import GpTask
from toys import draw, toy_scene

#: Truncation goes another way on each side of zero.
XY0 = (-150, 16000)


@pytest.fixture(scope="module")
def scene():
    coadd, spans, _ = toy_scene(3, shape=(160, 200), xy0=XY0)
    return coadd, spans


@pytest.fixture(scope="module")
def gp(toy_gp_package):
    config = GpTask.ConfigClass()
    config.model = str(toy_gp_package)
    return GpTask(config=config)


def footprints_of(afw, coadd, spans, **options):
    """One footprint for each identifier, each with a peak that is not ours."""
    labels = spans_to_labels(spans, coadd.shape, coadd.xy0)
    identifiers = np.unique(labels[labels > 0])
    peak = (float(coadd.xy0[0]), float(coadd.xy0[1]), -1.0)
    return [afw.footprint(labels == k, coadd.xy0, [peak], **options) for k in identifiers]


def rows(footprints, *fields):
    """Fields of all peaks, (n, fields), and the footprint that each is of."""
    found = [(k, *(peak[f] for f in fields)) for k, one in enumerate(footprints, 1)
             for peak in one.getPeaks()]  # fmt: skip
    table = np.array(found)
    return table[:, 0].astype(int), table[:, 1:]


def classified(coadd, spans, finder, model=None):
    config = ClassifyBlendsTask.ConfigClass()
    config.peak_finder.name = finder
    if model is not None:
        config.peak_finder.active.model = str(model)
    return ClassifyBlendsTask(config=config).run(coadd, spans)


def test_peaks_are_those_of_the_classify_task(afw, scene, gp, toy_gp_package):
    coadd, spans = scene
    exposure = afw.exposure(coadd)
    footprints = footprints_of(afw, coadd, spans, significance=True)
    detected = afw.footprint_set(footprints, coadd.shape, coadd.xy0)
    found = rewrite_peaks(detected, coadd_from_exposure(exposure), gp)
    expected = classified(coadd, spans, "gp", toy_gp_package)
    fields = ("f_x", "f_y", "i_x", "i_y", "peakValue", "significance")
    owner, values = rows(detected.getFootprints(), *fields)
    assert np.array_equal(owner, expected.peaks["footprintId"])
    for column, field in zip(values.T, fields, strict=True):
        assert np.allclose(column, expected.peaks[field], rtol=2e-6), field
    assert np.array_equal(found.classification["nPeaks"], expected.classification["nPeaks"])
    assert expected.classification["blended"].any()
    # What addPeak would have made of the centres is another pixel for many of them.
    assert np.mean(np.trunc(values[:, 0]) != values[:, 2]) > 0.2
    assert np.all(np.abs(values[:, 0] - values[:, 2]) <= 0.5 + 1e-3)


def test_brightest_first_and_in_the_footprint(afw, scene, gp):
    coadd, spans = scene
    footprints = footprints_of(afw, coadd, spans)
    rewrite_peaks(footprints, coadd, gp)
    labels = spans_to_labels(spans, coadd.shape, coadd.xy0)
    for k, footprint in enumerate(footprints, 1):
        peaks = list(footprint.getPeaks())
        values = [peak.getPeakValue() for peak in peaks]
        assert len(values) >= 1
        assert values == sorted(values, reverse=True)
        for peak in peaks:
            assert labels[peak.getIy() - XY0[1], peak.getIx() - XY0[0]] == k


def test_the_schema_stays(afw, scene):
    coadd, spans = scene
    for significance in (False, True):
        footprints = footprints_of(afw, coadd, spans, significance=significance)
        before = footprints[0].getPeaks().getSchema().getNames()
        rewrite_peaks(footprints, coadd, LocalMaximaTask())
        after = footprints[0].getPeaks().getSchema().getNames()
        assert after == before
        assert ("significance" in after) == significance


def test_footprints_need_not_lie_on_the_coadd(afw):
    coadd = draw([(0, 30, 60), (40, 30, 60)], xy0=XY0)
    mask = np.zeros((9, 9), bool)
    mask[2:7, 2:7] = True
    x0, y0 = XY0
    old = [(1.0, 2.0, 3.0)]
    partly = afw.footprint(mask, (x0 - 5, y0 + 26), old)
    beyond = afw.footprint(mask, (x0 - 100, y0), old)
    whole = afw.footprint(mask, (x0 + 36, y0 + 26), old)
    footprints = [beyond, partly, whole]
    found = rewrite_peaks(footprints, coadd, LocalMaximaTask())
    owner, values = rows(footprints, "i_x", "i_y")
    assert list(owner) == [1, 2, 3]
    # Smoothing moves a source on the border inwards.
    assert values.tolist() == [[1, 2], [x0 + 1, y0 + 30], [x0 + 40, y0 + 30]]
    assert list(found.classification["footprintId"]) == [2, 3]


def test_a_footprint_without_pixels_or_none_at_all(afw):
    coadd = draw([(40, 30, 60)])
    empty = afw.footprint(np.zeros((3, 3), bool), (5, 5), [(1.0, 2.0, 3.0)])
    assert len(rewrite_peaks([empty], coadd, LocalMaximaTask()).peaks) == 0
    assert len(empty.getPeaks()) == 1
    assert len(rewrite_peaks([], coadd, LocalMaximaTask()).classification) == 0


def test_rewriting_twice_changes_nothing(afw, scene, gp):
    coadd, spans = scene
    footprints = footprints_of(afw, coadd, spans)
    fields = ("f_x", "f_y", "i_x", "i_y", "peakValue")
    rewrite_peaks(footprints, coadd, gp)
    once = rows(footprints, *fields)
    rewrite_peaks(footprints, coadd, gp)
    for one, other in zip(once, rows(footprints, *fields), strict=True):
        assert np.array_equal(one, other)


@settings(max_examples=30, deadline=None)
@given(
    labels=arrays(
        np.int32,
        array_shapes(min_dims=2, max_dims=2, max_side=10),
        elements=st.sampled_from([0, 0, 1, 2, 3]),
    ),
    xy0=st.tuples(st.integers(-50_000, 50_000), st.integers(-50_000, 50_000)),
)
def test_spans_are_those_of_the_pixels(afw, labels, xy0):
    _, ordered = np.unique(np.concatenate([[0], labels.ravel()]), return_inverse=True)
    labels = ordered[1:].reshape(labels.shape)
    footprints = [afw.footprint(labels == k, xy0) for k in range(1, labels.max() + 1)]
    expected = labels_to_spans(labels, xy0)
    found = spans_of_footprints(footprints)
    for column in expected.colnames:
        assert np.array_equal(found[column], expected[column])
