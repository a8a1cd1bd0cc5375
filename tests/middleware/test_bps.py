"""The shipped configuration of the Batch Production Service, on this machine."""

import pytest
from lsst.daf.butler import Butler

from meas_blends.middleware.ingest_coadds import ingest_coadds

pytest.importorskip("lsst.ctrl.bps.parsl", reason="needs the extra [bps]")


@pytest.mark.slow
def test_patches_are_jobs_and_all_of_them_are_done(repo, make_coadd, call, tmp_path):
    files = [make_coadd(f"{patch}_{band}.fits") for patch in "abc" for band in "ri"]
    ingest_coadds(repo, files, "coadds")
    (tmp_path / "bps.yaml").write_text(
        f"""
includeConfigs: resource://meas_blends/config/bps/local.yaml
payload:
  butlerConfig: {repo}
  output: out
"""
    )
    call("bps", "submit", "bps.yaml")
    jobs = [path.name for path in tmp_path.glob("submit/out/*/logs/patch/0/*")]
    assert sorted(jobs) == ["0", "1", "2"]
    with Butler.from_config(repo, collections="out") as butler:
        for name in ("blend_peaks", "blend_morphology"):
            found = {
                (ref.dataId["patch"], ref.dataId["band"]) for ref in butler.query_datasets(name)
            }
            assert found == {(patch, band) for patch in range(3) for band in "ri"}
