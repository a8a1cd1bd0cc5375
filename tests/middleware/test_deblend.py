"""Deblending under the real ``pipetask``, against ``blendtask`` on the same files."""

import numpy as np
import pytest
from lsst.daf.butler import Butler

from meas_blends.data.child_models import ChildModels
from meas_blends.data.tables import read_table
from meas_blends.middleware.ingest_coadds import ingest_coadds

pytest.importorskip("scarlet2", reason="deblending needs the extra [deblend]")


@pytest.mark.slow
@pytest.mark.parametrize("pipeline", ["deblend", "deblend_merged"])
def test_children_are_as_without_a_butler(repo, make_coadd, call, tmp_path, pipeline):
    files = [make_coadd(f"a_{band}.fits", band) for band in "gri"]
    ingest_coadds(repo, files, "coadds")
    shipped = f"resource://meas_blends/config/pipelines/{pipeline}.yaml"
    where = ["-b", repo, "-i", "coadds", "-o", "out", "--register-dataset-types"]
    call("pipetask", "run", *where, "-p", shipped)
    call("blendtask", "run", *files, "-p", pipeline, "-o", "files", "--no-picture")
    patch, out = {"skymap": "blend_coadds", "tract": 0, "patch": 0}, tmp_path / "files"
    with Butler.from_config(repo, collections="out") as butler:
        for name, file, band in (
            ("blend_children", "a/children.parquet", {}),
            ("blend_child_fluxes", "a/child_fluxes.parquet", {}),
            ("blend_morphology", "a_r/morphology.parquet", {"band": "r"}),
        ):
            found, expected = butler.get(name, patch | band), read_table(out / file)
            assert len(found) > 0 and found.colnames == expected.colnames
            for column in expected.colnames:
                np.testing.assert_array_equal(found[column], expected[column])
        for images in ("models", "stamps"):
            found = butler.get(f"blend_child_{images}", patch)
            expected = ChildModels.read(out / "a" / f"child_{images}.fits")
            assert len(found) > 0 and found.bands == expected.bands == ("g", "r", "i")
            np.testing.assert_array_equal(found.pixels, expected.pixels)
