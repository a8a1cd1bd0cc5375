"""Rubin's own datasets on a Butler, under the real commands."""

from pathlib import Path

import numpy as np
import pytest

NEEDED = "lsst.images, which wants Python 3.12 or later, is not installed: bin/test-rubin has it"
pytest.importorskip("lsst.images", reason=NEEDED)

from click.testing import CliRunner
from lsst.daf.butler import Butler, Config, DatasetType

from meas_blends.cli import main
from meas_blends.data.coadd import Coadd
from meas_blends.data.tables import read_table
from meas_blends.middleware.register_scenes import register_scenes
from meas_blends.run import run_pipeline
from rubin_toys import CELL, XY0, make_cell_coadd

SEED = "resource://meas_blends/config/butler_seed.yaml"
PIPELINES = "resource://meas_blends/config/pipelines"
PATCH = {"skymap": "blend_coadds", "tract": 0, "patch": 0}
FIND = ("footprints", "spans", "classification", "peaks")
FINDER = "classify:peak_finder.name=local_maxima"
OURS = ["-c", "detect:connections.coadd=deep_coadd", "-c", "classify:connections.coadd=deep_coadd"]


@pytest.fixture
def repo(tmp_path):
    """A repository made with our seed, and deep coadds in it."""
    Butler.makeRepo(str(tmp_path / "repo"), config=Config(SEED))
    return fill(str(tmp_path / "repo"))


def fill(repo):
    """Put deep coadds of two bands in, as lsst.images writes them."""
    register_scenes(repo, run="scenes", number=1, bands=["g", "i"], skymap=PATCH["skymap"])
    with Butler.from_config(repo, run="DP2", writeable=True) as butler:
        dimensions = ("skymap", "tract", "patch", "band")
        butler.registry.registerDatasetType(
            DatasetType("deep_coadd", dimensions, "CellCoadd", universe=butler.dimensions)
        )
        for seed, band in enumerate("gi"):
            butler.put(make_cell_coadd(band=band, seed=seed), "deep_coadd", PATCH, band=band)
    return repo


def run_pipetask(call, repo, pipeline, *options):
    where = ["-b", repo, "-i", "DP2", "-o", "found", "-p", pipeline]
    return call("pipetask", "run", *where, "--register-dataset-types", *options)


def assert_equal(found, expected):
    assert len(expected) > 0
    assert found.colnames == expected.colnames
    for name in expected.colnames:
        # The cards of a file round the numbers of its WCS.
        apart = 1e-12 if name.startswith("coord_") else 0
        if found[name].dtype.kind == "f":
            np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=apart)
        else:
            np.testing.assert_array_equal(found[name], expected[name])


def test_a_cell_coadd_comes_as_ours(repo):
    with Butler.from_config(repo, collections="DP2") as butler:
        coadd = butler.get("deep_coadd", PATCH, band="i", storageClass="BlendCoadd")
        theirs = butler.get("deep_coadd", PATCH, band="i")
    assert isinstance(coadd, Coadd)
    assert (coadd.band, coadd.xy0) == ("i", XY0)
    assert coadd.psf.present.sum() == 5
    assert coadd.in_planes("NO_DATA").sum() == CELL**2
    assert np.array_equal(coadd.image, theirs.image.array)
    # Messages say which it is.
    assert coadd.name.startswith("deep_coadd ")
    assert "band=i" in coadd.name and "patch=0" in coadd.name


def test_detect_and_classify_read_deep_coadds(repo, call, tmp_path):
    run_pipetask(call, repo, f"{PIPELINES}/blends.yaml#find", *OURS, "-c", FINDER)
    for band in "gi":
        with Butler.from_config(repo, collections=["found", "DP2"]) as butler:
            deep_coadd = butler.get("deep_coadd", PATCH, band=band)
            found = {name: butler.get(f"blend_{name}", PATCH, band=band) for name in FIND}
        expected = run_pipeline(deep_coadd, "blends#find", [FINDER])
        for name in FIND:
            assert_equal(found[name], expected[f"blend_{name}"])
        assert len(found["peaks"]) > len(found["footprints"]) > 1
    # And so does blendtask, on the very file.
    with Butler.from_config(repo, collections="DP2") as butler:
        file = Path(butler.getURI("deep_coadd", PATCH, band="i").ospath)
    arguments = ["run", str(file), "-p", "blends#find", "-c", FINDER, "--no-picture"]
    done = CliRunner().invoke(main, [*arguments, "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    for name in FIND:
        assert_equal(found[name], read_table(tmp_path / "out" / file.stem / f"{name}.parquet"))


def test_all_bands_of_a_patch_at_once(repo, call, tmp_path):
    pipeline = tmp_path / "bands.yaml"
    pipeline.write_text(
        "description: footprints over bands\n"
        "tasks:\n"
        "  detect_bands:\n"
        "    class: meas_blends.tasks.detect_bands.DetectBandsTask\n"
        "    config:\n"
        "      connections.coadds: deep_coadd\n"
        "      reference: i\n"
    )
    run_pipetask(call, repo, str(pipeline))
    with Butler.from_config(repo, collections="found") as butler:
        assert len(butler.query_datasets("bands_blend_footprints")) == 1


def test_a_repository_that_is_not_ours_to_change(call, tmp_path):
    # As Rubin's are: it knows nothing of our storage classes.
    plain_repo = str(tmp_path / "repo")
    call("butler", "create", plain_repo)
    settings = tmp_path / "dp2.yaml"
    settings.write_text(
        f"includeConfigs:\n- {SEED}\n- {plain_repo}/butler.yaml\nroot: {plain_repo}\n"
    )
    before = (Path(plain_repo) / "butler.yaml").read_bytes()
    fill(str(settings))
    run_pipetask(call, str(settings), f"{PIPELINES}/blends.yaml#find", *OURS, "-c", FINDER)
    assert (Path(plain_repo) / "butler.yaml").read_bytes() == before
    with Butler.from_config(plain_repo, collections="found") as butler:
        assert len(butler.get("blend_peaks", PATCH, band="i")) > 1
