"""The shipped pipelines under the real ``pipetask``, against ``blendtask`` on the same files."""

import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from lsst.daf.butler import Butler, DatasetNotFoundError

from meas_blends.cli import main
from meas_blends.data.fits import read_coadd
from meas_blends.data.tables import read_table
from meas_blends.middleware.commands import commands
from meas_blends.middleware.ingest_coadds import ingest_coadds

PIPELINES = "resource://meas_blends/config/pipelines"
SEED = "resource://meas_blends/config/butler_seed.yaml"
FIND = ("footprints", "spans", "classification", "peaks")


def blendtask(tmp_path, pipeline, files, *options):
    """Run the same without a Butler and give the folder of the results."""
    out = tmp_path / "blendtask"
    arguments = ["run", *map(str, files), "-p", pipeline, "-o", str(out), "--no-picture", *options]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    return out


def assert_same(repo, collection, dataset, path: Path, patch=0, **data_id):
    """Compare a table in the Butler with a file, in all but the width of its text columns."""
    with Butler.from_config(repo, collections=collection) as butler:
        found = butler.get(
            dataset,
            {"skymap": "blend_coadds", "tract": 0, "patch": patch, **data_id},
            parameters={"strip_astropy_meta_yaml": False},
        )
    expected = read_table(path)
    assert len(expected) > 0
    assert found.colnames == expected.colnames
    for name in expected.colnames:
        ours, theirs = expected[name], found[name]
        np.testing.assert_array_equal(theirs, ours)
        assert theirs.dtype.kind == ours.dtype.kind
        for attribute in ("unit", "description", "meta"):
            assert getattr(theirs, attribute) == getattr(ours, attribute)


def run_pipetask(call, repo, output, pipeline, *options, inputs="coadds"):
    """Run a pipeline into a collection."""
    where = ["-b", repo, "-i", inputs, "-o", output, "-p", f"{PIPELINES}/{pipeline}"]
    return call("pipetask", "run", *where, "--register-dataset-types", *options)


def test_blends_are_found_as_without_a_butler(repo, make_coadd, call, tmp_path):
    files = [make_coadd("a_i.fits"), make_coadd("dark_i.fits", usable=False)]
    ingest_coadds(repo, files, "coadds")
    options = ["-c", "classify:peak_finder.name=logistic", "-c", "detect:threshold=6"]
    output = run_pipetask(call, repo, "found", "blends.yaml#find", *options)
    assert "not one usable pixel" in output
    out = blendtask(tmp_path, "blends#find", files, *options)
    assert not list((out / "dark_i").glob("*.parquet"))
    for table in FIND:
        assert_same(repo, "found", f"blend_{table}", out / "a_i" / f"{table}.parquet", band="i")
        with Butler.from_config(repo, collections="found") as butler:
            with pytest.raises(DatasetNotFoundError):
                butler.get(f"blend_{table}", skymap="blend_coadds", tract=0, patch=1, band="i")


def test_the_commands_tell_what_they_did_and_what_is_wrong(repo, make_coadd):
    coadds, model, scenes = commands()
    file = str(make_coadd("a_i.fits"))
    for expected in ("patch=0 band=i\n", "patch=0 band=i, there already\n"):
        done = CliRunner().invoke(coadds, [repo, file, "--run", "coadds"])
        assert done.exit_code == 0
        assert done.output == f"{file}: skymap=blend_coadds tract=0 {expected}"
    done = CliRunner().invoke(model, [repo, "logistic_lsst_i", "--run", "models", "--band", "i"])
    assert done.output == "logistic_lsst_i: skymap=blend_coadds band=i\n"
    for command, given, status, message in (
        (coadds, [repo, "none.fits", "--run", "x"], 1, "Error: none.fits: no such file"),
        (coadds, [repo, "--run", "x"], 2, "give FITS files, or a --manifest"),
        (model, [repo, "none", "--run", "x"], 1, "Error: none: no model package"),
        (scenes, ["none", "--scenes", 1, "--band", "i", "--run", "x"], 1, "no Butler repository"),
    ):
        done = CliRunner().invoke(command, given)
        assert done.exit_code == status and message in done.output


@pytest.mark.slow
def test_from_nothing_to_a_catalogue(make_coadd, call, tmp_path):
    files = [make_coadd("a_i.fits"), make_coadd("b_i.fits", "i")]
    repo = tmp_path / "repo"
    call("butler", "create", "--seed-config", SEED, repo)
    call("butler", "ingest-blend-coadds", repo, *files, "--run", "coadds")
    (tmp_path / "detect.py").write_text("config.threshold = 6.0\n")
    options = ["-C", "detect:detect.py", "-c", "classify:peak_finder.name=gp_pca"]
    graph = ["-b", repo, "-i", "coadds", "-o", "out", "-p", f"{PIPELINES}/blends.yaml", *options]
    shown = call("pipetask", "qgraph", *graph, "--show", "graph", "--show", "config=detect::*")
    assert len(re.findall("Quantum .* dataId=", shown)) == 6
    assert "config.threshold=6.0" in shown
    only = ["-d", "skymap='blend_coadds' AND tract=0 AND patch=0"]
    run_pipetask(call, repo, "out", "blends.yaml", *options, *only)
    graph = ["-b", repo, "-o", "out", "-p", f"{PIPELINES}/blends.yaml", *options]
    again = call("pipetask", "run", *graph, "--extend-run", "--skip-existing")
    assert "Executed 3 quanta successfully" in again
    (tmp_path / "detect.py").write_text("config.threshold = 6.0\n")
    out = blendtask(
        tmp_path, "blends", files, "-C", f"detect:{tmp_path / 'detect.py'}", *options[2:]
    )
    for patch, name in enumerate(("a_i", "b_i")):
        for table in (*FIND, "morphology"):
            path = out / name / f"{table}.parquet"
            assert_same(repo, "out", f"blend_{table}", path, patch, band="i")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pipeline", "tables"),
    [
        ("detect", {"a_r": ["blend_footprints", "blend_spans"]}),
        ("classify_bands", {"a": ["bands_blend_footprints", "bands_blend_peaks"]}),
        (
            "merge_bands",
            {"a": ["merged_blend_footprints", "merged_blend_peaks"], "a_r": ["blend_morphology"]},
        ),
    ],
)
def test_bands_are_worked_as_without_a_butler(repo, make_coadd, call, tmp_path, pipeline, tables):
    # Of the band without a usable pixel there are no tables, and the others go on.
    usable = pipeline == "classify_bands"
    files = [make_coadd(f"a_{band}.fits", usable=usable or band != "g") for band in "gri"]
    ingest_coadds(repo, files, "coadds")
    run_pipetask(call, repo, "out", f"{pipeline}.yaml")
    out = blendtask(tmp_path, pipeline, files)
    for folder, names in tables.items():
        band = {"band": "r"} if folder == "a_r" else {}
        for name in names:
            path = out / folder / f"{name.removeprefix('blend_')}.parquet"
            assert_same(repo, "out", name, path, **band)


@pytest.mark.slow
def test_a_model_comes_from_the_butler(repo, make_coadd, call, tmp_path, toy_packages):
    files = [make_coadd("a_i.fits")]
    ingest_coadds(repo, files, "coadds")
    package = toy_packages["logistic"]
    call("butler", "ingest-blend-model", repo, package, "--run", "models")
    finder = ["-c", "classify:peak_finder.name=logistic"]
    from_butler = [*finder, "-c", "classify:model_from_butler=True"]
    run_pipetask(call, repo, "out", "blends.yaml#find", *from_butler, inputs="coadds,models")
    own = ["-c", f"classify:peak_finder.active.model={package}"]
    out = blendtask(tmp_path, "blends#find", files, *finder, *own)
    path = out / "a_i" / "classification.parquet"
    assert set(read_table(path)["model"]) == {"toy_logistic 1"}
    assert_same(repo, "out", "blend_classification", path, band="i")


@pytest.mark.slow
def test_scenes_are_simulated_as_without_a_butler(repo, call, tmp_path):
    for run in ("scenes", "scenes"):
        bands = ["--band", "r", "--band", "i"]
        call("butler", "register-blend-scenes", repo, "--scenes", 2, *bands, "--run", run)
    options = ["-c", "simulate:size=200"]
    where = ["-d", "skymap='blend_scenes' AND tract=0"]
    run_pipetask(call, repo, "out", "evaluate.yaml#simulate", *options, *where, inputs="scenes")
    run = ["-p", "evaluate#simulate", "--scenes", "2", "--bands", "ri", "-o", tmp_path / "out"]
    done = CliRunner().invoke(main, ["run", *map(str, run), *options])
    assert done.exit_code == 0, done.output
    with Butler.from_config(repo, collections="out") as butler:
        for scene, band in ((0, "r"), (0, "i"), (1, "r"), (1, "i")):
            where = {"skymap": "blend_scenes", "tract": 0, "patch": scene, "band": band}
            ours = read_coadd(tmp_path / "out" / f"scene_{scene:03d}_{band}" / "coadd.fits")
            np.testing.assert_array_equal(butler.get("blend_coadd", where).image, ours.image)


@pytest.mark.slow
def test_a_model_over_bands_comes_from_the_butler(repo, make_coadd, call, tmp_path):
    files = [make_coadd(f"a_{band}.fits") for band in "gri"]
    ingest_coadds(repo, files, "coadds")
    call("butler", "ingest-blend-model", repo, "gp_lsst_gri", "--at-once", "--run", "models")
    option = ["-c", "classify_bands:model_from_butler=True"]
    run_pipetask(call, repo, "out", "classify_bands.yaml", *option, inputs="coadds,models")
    path = blendtask(tmp_path, "classify_bands", files) / "a" / "bands_blend_peaks.parquet"
    assert_same(repo, "out", "bands_blend_peaks", path)


@pytest.mark.slow
def test_a_repository_that_exists_needs_one_line(make_coadd, call, tmp_path):
    file, repo = make_coadd("a_i.fits"), tmp_path / "repo"
    call("butler", "create", repo)
    ingest = ["ingest-blend-coadds", repo, file, "--run", "coadds"]
    assert "does not know how to keep blend coadds" in call("butler", *ingest, status=1)
    own = (repo / "butler.yaml").read_text()
    (repo / "butler.yaml").write_text(f"includeConfigs: {SEED}\n{own}")
    call("butler", *ingest)
    run_pipetask(call, repo, "out", "detect.yaml")
    with Butler.from_config(repo, collections="out") as butler:
        assert butler.query_datasets("blend_footprints")
