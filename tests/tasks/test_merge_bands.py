"""Merging the bands of a patch, end to end on scenes with known sources."""

import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle, testUtils

from meas_blends.data.catalogs import CLASSIFICATION, MERGED_FOOTPRINTS, MERGED_PEAKS, SPANS
from meas_blends.errors import BadInputError
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.detect_footprints import DetectFootprintsTask
from meas_blends.tasks.merge_bands import MergeBandsTask
from toys import draw

NAMES = ("footprints", "spans", "classification", "peaks")

#: One source in all bands; a pair that i sees as one and r as two; one in r alone.
SCENE = {
    "r": [(20, 16, 40), (60, 20, 60), (69, 20, 60), (20, 48, 30)],
    "i": [(20, 16.4, 60), (60, 20, 80)],
}


def run_band(coadd):
    """Detection and LSST's peaks in one band."""
    detect, classify = DetectFootprintsTask.ConfigClass(), ClassifyBlendsTask.ConfigClass()
    for config in (detect, classify):
        config.filtering.subtract_background = False
    classify.peak_finder.name = "local_maxima"
    found = DetectFootprintsTask(config=detect).run(coadd=coadd)
    made = ClassifyBlendsTask(config=classify).run(coadd=coadd, spans=found.spans)
    return {**found.getDict(), **made.getDict()}


def handles(scene, tables=None, **fields):
    """Arguments of the task: handles by connection, one a band."""
    fields = {"pixel_scale": 0.2, **fields}
    arguments = {"coadds": [], **{name: [] for name in NAMES}}
    for band, sources in scene.items():
        coadd = draw(sources, band=band, name=f"{band}.fits", **fields)
        made = tables[band] if tables else run_band(coadd)
        for name, dataset in {"coadds": coadd, **made}.items():
            arguments[name].append(InMemoryDatasetHandle(dataset, band=band))
    return arguments


def merge(scene, tables=None, fields=(), **settings):
    config = MergeBandsTask.ConfigClass()
    config.filtering.subtract_background = False
    for name, value in settings.items():
        setattr(config, name, value)
    config.validate()
    return MergeBandsTask(config=config).run(**handles(scene, tables, **dict(fields)))


def test_connections():
    testUtils.lintConnections(MergeBandsTask.ConfigClass.ConnectionsClass)


def test_footprints_and_peaks_of_two_bands():
    result = merge(SCENE)
    for schema, table in (
        (MERGED_FOOTPRINTS, result.merged_footprints),
        (MERGED_PEAKS, result.merged_peaks),
        (SPANS, result.merged_spans),
        (CLASSIFICATION, result.merged_classification),
    ):
        schema.check(table)
    assert list(result.merged_footprints["bands"]) == ["i,r", "i,r", "r"]
    peaks = result.merged_peaks
    assert [(p["footprintId"], p["bands"]) for p in peaks] == [
        (1, "i,r"),
        (2, "i,r"),
        (2, "r"),
        (3, "r"),
    ]
    # The first band's position stands.
    assert peaks["i_x"][1] == 60
    assert list(result.merged_classification["nPeaks"]) == [1, 2, 1]
    assert list(result.merged_classification["blended"]) == [False, True, False]
    np.testing.assert_array_equal(peaks["id"], [1, 2, 3, 4])


def test_every_table_is_of_the_same_footprints():
    result = merge(SCENE, fields={"xy0": (100, -50)})
    identifiers = result.merged_footprints["footprintId"]
    np.testing.assert_array_equal(np.unique(result.merged_spans["footprintId"]), identifiers)
    np.testing.assert_array_equal(np.unique(result.merged_peaks["footprintId"]), identifiers)
    np.testing.assert_array_equal(result.merged_classification["footprintId"], identifiers)
    length = result.merged_spans["x1"] - result.merged_spans["x0"] + 1
    assert length.sum() == result.merged_footprints["footprintArea"].sum()
    assert result.merged_footprints["x"][0] == pytest.approx(120, abs=0.2)
    assert result.merged_footprints["y"][0] == pytest.approx(-33.6, abs=0.2)


def test_a_merged_footprint_is_as_significant_as_in_its_best_band():
    result = merge(SCENE)
    alone = run_band(draw(SCENE["r"]))["footprints"]
    # The third is in r only, where i measures nothing.
    assert result.merged_footprints["significance"][2] == pytest.approx(alone["significance"][2])
    assert abs(result.merged_footprints["flux"][2]) < 1e-3 * result.merged_footprints["flux"][1]


def test_priority_decides_whose_peaks_stand():
    shifted = {"r": [(20, 16, 40)], "i": [(21, 16, 60)]}
    assert merge(shifted).merged_peaks["i_x"][0] == 21
    assert merge(shifted, priority=["r", "i"]).merged_peaks["i_x"][0] == 20
    # Bands that are in no list come last.
    assert merge(shifted, priority=["r"]).merged_peaks["i_x"][0] == 20


def test_distances_are_in_arcsec():
    # Three pixels apart: 0.6 arcsec, neither the same nor a new peak.
    scene = {"r": [(23, 16, 40)], "i": [(20, 16, 60)]}
    assert [p["bands"] for p in merge(scene).merged_peaks] == ["i"]
    assert [p["bands"] for p in merge(scene, max_same_peak=0.7).merged_peaks] == ["i,r"]
    assert len(merge(scene, min_new_peak=0.5).merged_peaks) == 2
    assert len(merge(scene, fields={"pixel_scale": 0.5}).merged_peaks) == 2


def tables_with(probability, **more):
    """Tables of one band whose classifier says how likely a blend is."""
    tables = run_band(draw([(20, 16, 40)]))
    row = tables["classification"]
    row["blendProbability"], row["probability1"] = probability, 1 - probability
    row["probability2"], row["probability3"], row["probability4"] = probability, 0, 0
    row["flags"] = 0
    for name, value in more.items():
        row[name] = value
    tables["peaks"]["probability"] = 1 - 0.1 * probability
    return tables


@pytest.mark.parametrize(("pooling", "expected"), [("any", 0.76), ("strongest", 0.6)])
def test_probabilities_are_pooled(pooling, expected):
    scene = {"r": [(20, 16, 40)], "i": [(20, 16, 40)]}
    tables = {"r": tables_with(0.4), "i": tables_with(0.6, flags=CLASSIFICATION.flag("CLIPPED"))}
    row = merge(scene, tables, pooling=pooling).merged_classification[0]
    assert row["blendProbability"] == pytest.approx(expected)
    assert row["probability1"] == pytest.approx(1 - expected)
    assert CLASSIFICATION.decode(row["flags"]) == ["CLIPPED"]
    assert not row["blended"]


def test_bands_without_probabilities_say_so():
    row = merge(SCENE).merged_classification[0]
    assert np.isnan(row["blendProbability"])
    assert CLASSIFICATION.decode(row["flags"]) == ["NO_PROBABILITY"]
    assert row["peakFinder"] == "local_maxima"


def test_nothing_detected_gives_empty_tables():
    result = merge({"g": [], "i": []})
    for table in result.getDict().values():
        assert len(table) == 0
    MERGED_PEAKS.check(result.merged_peaks)


def test_a_band_without_tables_is_left_out():
    given = handles(SCENE)
    for name in NAMES:
        given[name] = [handle for handle in given[name] if handle.dataId["band"] == "i"]
    config = MergeBandsTask.ConfigClass()
    config.filtering.subtract_background = False
    result = MergeBandsTask(config=config).run(**given)
    alone = merge({"i": SCENE["i"]})
    assert (result.merged_peaks["id"] == alone.merged_peaks["id"]).all()
    assert len(result.merged_footprints) == len(alone.merged_footprints) > 0


def test_one_band_alone_is_as_it_was():
    result = merge({"i": SCENE["i"]})
    alone = run_band(draw(SCENE["i"]))
    np.testing.assert_array_equal(result.merged_peaks["f_x"], alone["peaks"]["f_x"])
    np.testing.assert_array_equal(result.merged_spans["x0"], alone["spans"]["x0"])


def test_bands_on_different_grids_are_refused():
    arguments = handles({"i": SCENE["i"]})
    other = handles({"r": SCENE["r"]}, shape=(64, 90))
    both = {name: arguments[name] + other[name] for name in arguments}
    with pytest.raises(BadInputError, match=r"r\.fits: has 90 x 64 pixels and i\.fits 80 x 64"):
        MergeBandsTask().run(**both)


def test_without_a_pixel_scale_there_are_no_distances():
    with pytest.raises(BadInputError, match=r"i\.fits: has no pixel scale.*give --pixel-scale"):
        merge(SCENE, fields={"pixel_scale": None})


def test_wrong_distances_are_refused():
    config = MergeBandsTask.ConfigClass()
    config.max_same_peak = 2.0
    with pytest.raises(ValueError, match="must not be larger than min_new_peak"):
        config.validate()
