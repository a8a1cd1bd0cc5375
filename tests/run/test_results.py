import json

import numpy as np

from meas_blends.data.catalogs import FOOTPRINTS
from meas_blends.data.coadd import Coadd
from meas_blends.data.morphology_tables import MORPHOLOGY
from meas_blends.run.results import coadd_summary, count_objects


def rows(schema, n, **values):
    data = {column.name: np.zeros(n) for column in schema.all_columns}
    data.update({column.name: "" for column in schema.columns if column.dtype == "str"})
    return schema.make({**data, **values})


def test_counts_of_the_tables_that_are_there():
    failed = MORPHOLOGY.flag("FAILED")
    datasets = {
        "blend_footprints": rows(FOOTPRINTS, 4),
        "blend_morphology": rows(MORPHOLOGY, 3, flags=[0, failed, failed | 1]),
    }
    assert count_objects(datasets) == {"footprints": 4, "measured": 1}
    assert count_objects({}) == {}


def test_a_patch_is_counted_by_its_merged_tables():
    assert count_objects({"merged_blend_footprints": rows(FOOTPRINTS, 3)}) == {"footprints": 3}
    both = {"bands_blend_footprints": rows(FOOTPRINTS, 2), "blend_footprints": rows(FOOTPRINTS, 5)}
    assert count_objects(both) == {"footprints": 5}


def test_the_summary_of_a_coadd_is_plain_json():
    summary = coadd_summary(Coadd(np.zeros((2, 3)), xy0=(5, 6), origins={"psf": "guessed"}))
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary["zero_point"] is None
    assert summary["shape"] == [2, 3]
    assert summary["origins"] == {"psf": "guessed"}
