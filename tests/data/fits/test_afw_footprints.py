"""LSST's persisted footprints and peaks, read and written."""

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from meas_blends.data.catalogs import PEAKS, SPANS
from meas_blends.data.fits import read_afw_footprints, write_afw_footprints
from meas_blends.data.footprints import labels_to_spans
from meas_blends.errors import BadInputError

#: Columns of a peak that afw's schema holds.
KEPT = ("id", "footprintId", "f_x", "f_y", "i_x", "i_y", "peakValue", "significance")


@pytest.fixture(scope="module")
def catalogue(shared_data):
    return shared_data / "real" / "lsst_deepCoadd_meas_HSC.fits"


@pytest.fixture
def tables():
    """Three footprints, one of them in two parts, with four peaks."""
    labels = np.zeros((6, 9), np.int64)
    labels[1:3, 1:4], labels[4, 0:2], labels[4, 5:8], labels[0, 8] = 3, 3, 7, 2**40
    spans = labels_to_spans(labels, (16000, -50))
    return spans, peak_table([2, 3, 7, 2**40], [3, 3, 7, 2**40])


def peak_table(identifier, owner, rng=None):
    """Peaks of given owners; brighter ones first in each footprint."""
    rng = rng or np.random.default_rng(1)
    n = len(owner)
    value = np.sort(rng.uniform(1, 9, n))[::-1].astype(np.float32)
    x, y = rng.integers(-40_000, 40_000, (2, n))
    return PEAKS.make(
        {
            **dict.fromkeys(("f_xErr", "f_yErr", "probability"), np.nan),
            "id": identifier,
            "footprintId": owner,
            "f_x": x + 0.25,
            "f_y": y - 0.5,
            "i_x": x,
            "i_y": y,
            "coord_ra": rng.uniform(0, 360, n),
            "coord_dec": rng.uniform(-90, 90, n),
            "peakValue": value,
            "significance": 3 * value,
            "rank": 0,
            "partOf": 0,
            "peakFinder": "gp",
            "flags": 0,
        }
    )


def equal(one, other, columns):
    return all(np.array_equal(one[name], other[name]) for name in columns)


def test_spans_and_peaks_of_lsst_are_what_its_tables_say(catalogue):
    spans, peaks = read_afw_footprints(catalogue)
    SPANS.check(spans)
    PEAKS.check(peaks)
    with fits.open(catalogue) as hdus:
        sources, index, span_rows, peak_rows = (hdus[k].data for k in (1, 2, 4, 5))
        assert len(sources) == len(np.unique(spans["footprintId"])) == 10
        assert len(spans) == len(span_rows) == 316
        assert len(peaks) == len(peak_rows) == 31
        for source in sources:
            span_set = source["footprint"] + 1
            (line,) = index[index["id"] == span_set]
            rows = span_rows[line["row0"] : line["row0"] + line["nrows"]]
            assert equal(spans[spans["footprintId"] == source["id"]], rows, ("y", "x0", "x1"))
            (line,) = index[(index["id"] == source["footprint"]) & (index["cat.persistable"] == 1)]
            rows = peak_rows[line["row0"] : line["row0"] + line["nrows"]]
            theirs = peaks[peaks["footprintId"] == source["id"]]
            assert equal(theirs, rows, ("id", "f_x", "f_y", "i_x", "i_y", "peakValue"))
        area = sources["base_FootprintArea_value"]
    owner = np.searchsorted(np.unique(spans["footprintId"]), spans["footprintId"])
    assert np.array_equal(np.bincount(owner, spans["x1"] - spans["x0"] + 1), area)
    assert np.isnan(peaks["significance"]).all()
    assert set(peaks["peakFinder"]) == {"lsst"}


def test_peaks_of_lsst_lie_in_their_footprints(catalogue):
    spans, peaks = read_afw_footprints(catalogue)
    for peak in peaks:
        inside = (spans["footprintId"] == peak["footprintId"]) & (spans["y"] == peak["i_y"])
        assert np.any(inside & (spans["x0"] <= peak["i_x"]) & (peak["i_x"] <= spans["x1"]))


def test_what_lsst_wrote_is_written_as_lsst_wrote_it(catalogue, tmp_path):
    spans, peaks = read_afw_footprints(catalogue)
    write_afw_footprints(spans, peaks, tmp_path / "again.fits")
    with fits.open(catalogue) as theirs, fits.open(tmp_path / "again.fits") as ours:
        assert len(theirs) == len(ours)
        assert ours[1].header["AR_HDU"] == theirs[1].header["AR_HDU"]
        assert ours[1].header["AFW_TYPE"] == theirs[1].header["AFW_TYPE"]
        for k in range(1, 6):
            number = {column.name: n for n, column in enumerate(theirs[k].columns, 1)}
            for n, column in enumerate(ours[k].columns, 1):
                name = column.name
                if name == "significance":
                    continue
                for card in ("TFORM", "TUNIT", "TCCLS"):
                    mine = ours[k].header.get(f"{card}{n}", "")
                    assert theirs[k].header.get(f"{card}{number[name]}", "") in (mine, f"1{mine}")
                if not name.startswith("coord"):
                    both = (np.char.strip(np.asarray(h[k].data[name], str)) for h in (ours, theirs))
                    assert np.array_equal(*both)
            for card in ("EXTTYPE", "AR_CATN", "AR_NCAT", "AR_NAME"):
                assert ours[k].header.get(card) == theirs[k].header.get(card)


def test_our_peaks_come_back_from_our_own_file(tables, tmp_path):
    spans, peaks = tables
    write_afw_footprints(spans, peaks, tmp_path / "ours.fits")
    read_spans, read_peaks = read_afw_footprints(tmp_path / "ours.fits")
    assert equal(read_spans, spans, SPANS.make().colnames)
    assert equal(read_peaks, peaks, KEPT)
    with fits.open(tmp_path / "ours.fits") as hdus:
        schema = {column.name: column.format for column in hdus[5].columns}
        coordinates = np.rad2deg(hdus[1].data["coord_ra"])
    assert schema == {
        "id": "K", "f_x": "E", "f_y": "E", "i_x": "J", "i_y": "J", "peakValue": "E",
        "significance": "D",
    }  # fmt: skip
    assert np.allclose(coordinates, peaks["coord_ra"][[0, 2, 3]])


def test_the_order_of_the_rows_does_not_matter(tables, tmp_path):
    spans, peaks = tables
    write_afw_footprints(spans[::-1], peaks[::-1], tmp_path / "ours.fits")
    read_spans, read_peaks = read_afw_footprints(tmp_path / "ours.fits")
    assert equal(read_spans, spans, SPANS.make().colnames)
    assert equal(read_peaks, peaks, KEPT)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    labels=arrays(
        np.int64,
        array_shapes(min_dims=2, max_dims=2, max_side=10),
        elements=st.sampled_from([0, 0, 1, 2, 43158601644118719]),
    ),
    xy0=st.tuples(st.integers(-50_000, 50_000), st.integers(-50_000, 50_000)),
    more=st.lists(st.integers(0, 2), max_size=5),
)
def test_any_footprints_come_back(labels, xy0, more, tmp_path):
    spans = labels_to_spans(labels, xy0)
    known = np.unique(spans["footprintId"])
    owner = np.sort(np.concatenate([known, known[[k for k in more if k < len(known)]]]))
    peaks = peak_table(np.arange(1, len(owner) + 1), owner)
    write_afw_footprints(spans, peaks, tmp_path / "any.fits")
    read_spans, read_peaks = read_afw_footprints(tmp_path / "any.fits")
    assert equal(read_spans, spans, SPANS.make().colnames)
    assert equal(read_peaks, peaks, KEPT)


def test_children_and_sources_without_footprint_are_left_out(tables, tmp_path):
    path = tmp_path / "ours.fits"
    write_afw_footprints(*tables, path)
    with fits.open(path, mode="update") as hdus:
        hdus[1].data["parent"][1] = 3
        hdus[1].data["footprint"][2] = 0
    spans, peaks = read_afw_footprints(path)
    assert set(spans["footprintId"]) == set(peaks["footprintId"]) == {3}


def test_footprints_and_peaks_must_belong_together(tables, tmp_path):
    spans, peaks = tables
    with pytest.raises(BadInputError, match="footprint 7 has no peak"):
        write_afw_footprints(spans, peaks[peaks["footprintId"] != 7], tmp_path / "a.fits")
    with pytest.raises(BadInputError, match="footprint 7 has peaks but no pixels"):
        write_afw_footprints(spans[spans["footprintId"] != 7], peaks, tmp_path / "a.fits")
    assert not list(tmp_path.iterdir())


def test_files_that_hold_no_footprints(tables, shared_data, tmp_path):
    with pytest.raises(BadInputError, match="no such file"):
        read_afw_footprints(tmp_path / "none.fits")
    with pytest.raises(BadInputError, match="no catalogue with footprints"):
        read_afw_footprints(shared_data / "real" / "lsst_exposure_hsc_r_m31.fits")


@pytest.mark.parametrize(
    ("hdu", "field", "value"),
    [
        (1, "footprint", 99),
        (2, "cat.archive", 9),
        (2, "row0", 10**6),
        (2, "nrows", -5),
        (2, "cat.persistable", 5),
        (3, "id", 77),
    ],
)
def test_a_damaged_archive_gives_its_sentence(tables, tmp_path, hdu, field, value):
    path = tmp_path / "ours.fits"
    write_afw_footprints(*tables, path)
    with fits.open(path, mode="update") as hdus:
        hdus[hdu].data[field][0] = value
    with pytest.raises(BadInputError, match="does not hold all footprints"):
        read_afw_footprints(path)


def test_peaks_of_another_schema_give_their_sentence(tables, tmp_path):
    path = tmp_path / "ours.fits"
    write_afw_footprints(*tables, path)
    with fits.open(path) as hdus:
        hdus[5].columns["f_x"].name = "x"
        hdus.writeto(tmp_path / "old.fits")
    with pytest.raises(BadInputError, match="lack one of the columns id, f_x"):
        read_afw_footprints(tmp_path / "old.fits")
