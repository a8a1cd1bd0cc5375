"""Further files of a run: ECSV, DS9 regions, a colour picture; what other tools read."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from astropy.table import Table

from fake_tasks import write_image
from meas_blends.data.catalogs import CLASSIFICATION, PEAKS, SPANS
from meas_blends.data.fits import read_coadd
from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.run.extras import make_extras, parse_extras
from meas_blends.run.images import ImageOptions
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.runner import Runner
from meas_blends.run.units import image_units
from meas_blends.run.workspace import Workspace


def run(pipeline, images, folder, extras):
    loaded = load_pipeline(pipeline)
    runner = Runner(loaded, make_plan(loaded), folder, picture=False, extras=extras)
    result = runner.run(image_units(images, ImageOptions()))
    assert not result.failed, result.failed[0].error
    return result


def test_names_are_checked(pipeline, patch_pipeline):
    plan = make_plan(load_pipeline(pipeline))
    assert parse_extras("regions, ecsv,regions", plan) == ("regions", "ecsv")
    for text in ("", "fits", "ecsv,"):
        with pytest.raises(BadInputError, match="no such files; give ecsv, regions, colour"):
            parse_extras(text, plan)
    with pytest.raises(BadInputError, match="--also colour: this pipeline looks at each image"):
        parse_extras("colour", plan)
    assert parse_extras("colour", make_plan(load_pipeline(patch_pipeline))) == ("colour",)


def test_files_are_made_kept_and_made_anew(pipeline, make_image, tmp_path):
    images = [make_image("a.fits", 3)]
    folder = tmp_path / "out" / "a"
    run(pipeline, images, tmp_path / "out", ())
    plain = {path.name for path in folder.iterdir()}
    run(pipeline, images, tmp_path / "out", ("ecsv", "regions"))
    made = {path.name for path in folder.iterdir()} - plain
    # No sky without a WCS.
    assert made == {"spans.ecsv", "classification.ecsv", "peaks.ecsv", "regions.reg"}
    assert (folder / "regions.reg").read_text().count("polygon(") == 3
    before = {name: (folder / name).stat().st_mtime_ns for name in made}
    run(pipeline, images, tmp_path / "out", ("ecsv", "regions"))
    assert {name: (folder / name).stat().st_mtime_ns for name in made} == before
    # What belongs to other tables does not stay.
    make_image("a.fits", 2)
    run(pipeline, images, tmp_path / "out", ())
    assert {path.name for path in folder.iterdir()} == plain
    run(pipeline, images, tmp_path / "out", ("regions",))
    assert (folder / "regions.reg").read_text().count("polygon(") == 2


def test_what_a_run_makes_of_all_is_text_too(gather_pipeline, tmp_path):
    from meas_blends.run.units import scene_units

    loaded = load_pipeline(gather_pipeline)
    runner = Runner(loaded, make_plan(loaded), tmp_path, picture=False, extras=("ecsv",))
    assert not runner.run(scene_units(2)).failed
    assert len(Table.read(tmp_path / "fake_blend_evaluation.ecsv", format="ascii.ecsv")) == 2


@pytest.fixture
def patch(tmp_path):
    """A patch with a footprint, and its images in four bands."""
    storage = {"blend_coadd": "BlendCoadd"}
    images = []
    for band in "zrig":
        path = write_image(tmp_path / f"{band}.fits", band=band)
        reader = {"blend_coadd": (f"image {band}", lambda path=path: read_coadd(path))}
        images.append(Workspace(tmp_path / band, storage, reader, {"band": band}))
    space = Workspace(tmp_path / "patch", {"bands_blend_spans": "ArrowAstropy"})
    spans = SPANS.make({"footprintId": 1, "y": [2, 3], "x0": 3, "x1": 5})
    space.put("bands_blend_spans", spans, "f1", [])
    return space, images


def loaded(images):
    return {image.data_id["band"] for image in images if image.loaded("blend_coadd") is not None}


def test_a_patch_in_colour(patch):
    space, images = patch
    assert make_extras(["colour"], space, images) == []
    assert (space.folder / "colour.png").read_bytes().startswith(b"\x89PNG")
    assert loaded(images) == {"g", "r", "i"}
    for image in images:
        image.release()
    assert make_extras(["colour"], space, images) == []
    assert loaded(images) == set()


def test_other_bands_from_blue_to_red(patch):
    space, images = patch
    assert make_extras(["colour"], space, images[:3]) == []
    assert loaded(images) == {"r", "i", "z"}


def test_two_bands_give_no_colours(patch):
    space, images = patch
    notes = make_extras(["colour"], space, images[:2])
    assert notes == ["no colour.png, it needs three bands"]
    assert not (space.folder / "colour.png").exists()


@pytest.mark.parametrize("suffix", ["parquet", "ecsv"])
def test_astropy_alone_reads_units_descriptions_and_ucds(pipeline, make_image, tmp_path, suffix):
    if suffix == "parquet":
        pytest.importorskip("pandas", reason="astropy reads Parquet by way of pandas")
    run(pipeline, [make_image("a.fits", 3)], tmp_path / "out", ("ecsv",))
    code = """
import json, os, sys
# As if it were not installed.
sys.modules["meas_blends"] = None
from astropy.table import Table
told = {}
for path in sys.argv[1:]:
    table = Table.read(path)
    told[path] = {
        name: [str(table[name].dtype.kind), str(table[name].unit or ""), table[name].description,
               table[name].meta.get("ucd", ""), len(table)]
        for name in table.colnames
    }
print(json.dumps(told), flush=True)
# Threads of pyarrow 26 that pandas has started abort one exit in four of an interpreter.
os._exit(0)
"""
    folder = tmp_path / "out" / "a"
    schemas = {"spans": SPANS, "classification": CLASSIFICATION, "peaks": PEAKS}
    paths = [str(folder / f"{name}.{suffix}") for name in schemas]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *paths],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for path, (name, schema) in zip(paths, schemas.items(), strict=True):
        length = len(read_table(folder / f"{name}.parquet"))
        kinds = {"str": "U", "bool": "b"}
        assert told[path] == {
            column.name: [
                kinds.get(column.dtype, column.dtype[0]),
                column.unit,
                column.description,
                column.ucd,
                length,
            ]
            for column in schema.all_columns
        }


def test_numbers_come_back_from_text(pipeline, make_image, tmp_path):
    run(pipeline, [make_image("a.fits", 3)], tmp_path / "out", ("ecsv",))
    text = Table.read(tmp_path / "out" / "a" / "peaks.ecsv", format="ascii.ecsv")
    table = read_table(tmp_path / "out" / "a" / "peaks.parquet")
    assert text.colnames == table.colnames
    for name in table.colnames:
        assert text[name].dtype.kind == table[name].dtype.kind
        equal_nan = table[name].dtype.kind == "f"
        assert np.array_equal(np.asarray(text[name]), np.asarray(table[name]), equal_nan=equal_nan)
