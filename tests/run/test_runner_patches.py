"""Runs over patches of several bands: order, resuming, failures."""

import json

import pytest

from fake_tasks import PATCH_PIPELINE
from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.run.images import ImageOptions
from meas_blends.run.units import image_units, scene_units


def images(*paths):
    return image_units(paths, ImageOptions())


def record(tmp_path, name):
    return json.loads((tmp_path / "out" / name / "run.json").read_text())


def table_of(tmp_path, name):
    return read_table(tmp_path / "out" / name)


@pytest.fixture
def bands(make_image):
    """Two patches in two bands each, with different numbers of squares."""
    shape = {"a_r.fits": 2, "a_g.fits": 1, "b_g.fits": 3, "b_r.fits": 4}
    return images(*(make_image(name, squares) for name, squares in shape.items()))


def test_patches_combine_their_bands_and_images_read_their_patch(
    go, patch_pipeline, bands, tmp_path
):
    result, _ = go(patch_pipeline, bands)
    assert not result.failed
    assert [unit.name for unit in result.units] == ["a_g", "a_r", "b_g", "b_r", "a", "b"]
    combined = table_of(tmp_path, "a/combined_spans.parquet")
    assert list(combined["band"]) == list(combined["read"]) == ["g", "r"]
    assert list(combined["patch"]) == ["a", "a"]
    assert list(combined["nSpans"]) == [2, 4]
    assert table_of(tmp_path, "b_r/share.parquet")["share"][0] == pytest.approx(8 / 14)
    total = table_of(tmp_path, "total.parquet")
    assert (total["nPatches"][0], total["nImages"][0]) == (2, 4)
    assert record(tmp_path, "a")["source"] == {"images": ["a_g", "a_r"]}
    assert record(tmp_path, "a")["datasets"]["combined_spans"]["file"] == "combined_spans.parquet"


def test_patches_resume(go, patch_pipeline, bands, make_image):
    go(patch_pipeline, bands)
    result, ran = go(patch_pipeline, bands)
    assert ran == []
    assert [unit.tasks_run for unit in result.units] == [0] * 6
    make_image("b_g.fits", 2)
    _, ran = go(patch_pipeline, bands)
    assert ran == ["detect", "combine", "after", "after", "total"]
    # Another band in a patch is another patch.
    more = [*bands, *images(make_image("a_z.fits", 1))]
    _, ran = go(patch_pipeline, more)
    assert ran == ["detect", "combine", "after", "after", "after", "total"]


def test_a_failed_image_fails_its_patch_only(go, patch_pipeline, bands, tmp_path):
    (tmp_path / "b_g.fits").write_text("no FITS at all")
    result, _ = go(patch_pipeline, bands)
    assert [unit.name for unit in result.failed] == ["b_g", "b"]
    assert result.failed[1].error.startswith("its image b_g failed")
    assert not (tmp_path / "out" / "b" / "combined_spans.parquet").exists()
    total = table_of(tmp_path, "total.parquet")
    assert (total["nPatches"][0], total["nImages"][0]) == (1, 2)


def test_a_failed_patch_leaves_its_images_alone(go, patch_pipeline, bands, tmp_path):
    trouble = ("combine:trouble.kind=bad", "combine:trouble.on=b")
    result, _ = go(patch_pipeline, bands, *trouble)
    assert [unit.name for unit in result.failed] == ["b"]
    assert record(tmp_path, "b")["status"] == "failed"
    assert (tmp_path / "out" / "b_g" / "spans.parquet").exists()
    assert not (tmp_path / "out" / "b_g" / "share.parquet").exists()
    assert table_of(tmp_path, "total.parquet")["nImages"][0] == 2
    # Cured, the whole is there.
    assert not go(patch_pipeline, bands)[0].failed
    assert table_of(tmp_path, "total.parquet")["nImages"][0] == 4


def test_a_band_without_work_is_left_out_of_its_patch(go, patch_pipeline, bands, tmp_path):
    result, _ = go(patch_pipeline, bands, "detect:trouble.kind=no work", "detect:trouble.on=a_g")
    assert not result.failed
    assert list(table_of(tmp_path, "a/combined_spans.parquet")["band"]) == ["r"]


def test_scenes_in_bands(go, tmp_path):
    path = tmp_path / "scenes.yaml"
    path.write_text(PATCH_PIPELINE + "  simulate: {class: fake_tasks.SourceTask}\n")
    result, _ = go(str(path), scene_units(2, "gr"))
    assert not result.failed
    assert list(table_of(tmp_path, "scene_001/combined_spans.parquet")["band"]) == ["g", "r"]
    assert record(tmp_path, "scene_001_r")["coadd"]["band"] == "r"


def test_images_that_form_no_patches_are_refused_before_anything_runs(
    go, patch_pipeline, make_image, tmp_path
):
    with pytest.raises(BadInputError, match="give one image a band"):
        go(patch_pipeline, images(make_image("a_g.fits"), make_image("a-g.fits")))
    assert not (tmp_path / "out").exists()
