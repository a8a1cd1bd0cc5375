"""Tables of merged footprints and peaks, from small tables written by hand."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.blends.merged_tables import (
    make_merged_classification,
    make_merged_footprints,
    make_merged_peaks,
)
from meas_blends.data.catalogs import CLASSIFICATION, MERGED_FOOTPRINTS, MERGED_PEAKS, PEAKS
from toys import detect, draw


@pytest.fixture(scope="module")
def merged():
    """Filtered image and pixels of two footprints."""
    return detect(draw([(20, 16, 60), (60, 40, 30)]))


def classification(*rows, finder="gp", model="m 1"):
    """Table of (P(blend), flags) rows."""
    p, flags = np.array(rows, float).reshape(-1, 2).T
    return CLASSIFICATION.make(
        {
            "footprintId": np.arange(1, len(p) + 1),
            "blendProbability": p,
            "blended": p > 0.5,
            "nProbable": 1,
            "nPeaks": 1,
            **{"probability1": 1 - p, "probability2": p, "probability3": 0 * p},
            "probability4": 0 * p,
            "peakFinder": finder,
            "model": model,
            "flags": flags,
        }
    )


def test_footprints_have_the_largest_significance_and_the_names_of_their_bands(merged):
    filtered, pixels = merged
    bands = [Table({"significance": [900.0, 7.0]}), Table({"significance": [8.0]})]
    groups = [np.array([0, 1]), np.array([1])]
    table = make_merged_footprints(filtered, pixels, bands, groups, ["i", "r"])
    MERGED_FOOTPRINTS.check(table)
    assert list(table["bands"]) == ["i", "i,r"]
    assert table["significance"][0] == pytest.approx(900)
    # Where the image that is measured shows more than any table says, that counts.
    assert table["significance"][1] > 8
    assert str(table["flux"].unit) == "nJy"


def test_classifications_are_pooled_and_flags_added_up(merged):
    clipped = CLASSIFICATION.flag("CLIPPED")
    silent = CLASSIFICATION.flag("NO_PROBABILITY")
    first = classification((0.2, clipped), (np.nan, silent), finder="gp", model="a 1")
    second = classification((0.6, 0), finder="gp", model="b 1")
    groups = [np.array([0, 1]), np.array([0])]
    table = make_merged_classification(
        [first, second], groups, merged[1], np.array([2, 1]), "strongest"
    )
    CLASSIFICATION.check(table)
    assert table["blendProbability"][0] == pytest.approx(0.6)
    assert np.isnan(table["blendProbability"][1])
    assert [CLASSIFICATION.decode(value) for value in table["flags"]] == [
        ["CLIPPED"],
        ["NO_PROBABILITY"],
    ]
    # The peaks decide, whatever the probability.
    assert list(table["blended"]) == [True, False]
    assert set(table["peakFinder"]) == {"gp"}
    assert set(table["model"]) == {"a 1, b 1"}


def test_peaks_are_numbered_anew():
    data = {column.name: np.zeros(2) for column in PEAKS.all_columns}
    peaks = PEAKS.make({**data, "id": [9, 4], "footprintId": [7, 7], "peakFinder": "gp"})
    seen = np.array([[True, True], [False, True]])
    table = make_merged_peaks(peaks, np.array([0, 2]), seen, ["i", "r"])
    MERGED_PEAKS.check(table)
    assert list(table["id"]) == [1, 2]
    assert list(table["footprintId"]) == [1, 3]
    assert list(table["bands"]) == ["i,r", "r"]
