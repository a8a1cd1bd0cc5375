import os

import numpy as np
import pytest

from meas_blends.data.catalogs import SPANS
from meas_blends.data.coadd import Coadd
from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError
from meas_blends.run.storage import dataset_path, read_dataset, stamp, write_dataset


@pytest.mark.parametrize(
    ("name", "storage", "file"),
    [
        ("blend_spans", "ArrowAstropy", "spans.parquet"),
        ("fake_blend_evaluation", "ArrowAstropy", "fake_blend_evaluation.parquet"),
        ("blend_coadd", "BlendCoadd", "coadd.fits"),
        ("blend_model", "BlendModelPackage", "model"),
    ],
)
def test_each_dataset_has_its_file(tmp_path, name, storage, file):
    assert dataset_path(tmp_path, name, storage) == tmp_path / file


def test_an_unknown_storage_class_has_no_file(tmp_path):
    assert dataset_path(tmp_path, "blend_spans", "SomethingElse") is None


def test_a_table_comes_back(tmp_path):
    path = tmp_path / "spans.parquet"
    spans = SPANS.make({"footprintId": [4, 5], "y": 0, "x0": [1, 2], "x1": 3})
    write_dataset(spans, path, "ArrowAstropy")
    back = read_dataset(path, "ArrowAstropy")
    assert list(back["footprintId"]) == [4, 5]
    assert list(back["x0"]) == [1, 2]


def test_a_coadd_comes_back(tmp_path):
    path = tmp_path / "coadd.fits"
    coadd = Coadd(np.arange(6.0).reshape(2, 3), np.ones((2, 3)), xy0=(5, 6), psf=np.ones((3, 3)))
    write_dataset(coadd, path, "BlendCoadd")
    back = read_dataset(path, "BlendCoadd")
    assert np.array_equal(back.image, coadd.image)
    assert tuple(back.xy0) == (5, 6)


def test_a_model_package_comes_back(tmp_path):
    package = ModelPackage("kind", "name", "1", "text", arrays={"a": np.arange(3)})
    write_dataset(package, tmp_path / "model", "BlendModelPackage")
    back = read_dataset(tmp_path / "model", "BlendModelPackage")
    assert back.label == "name 1"
    assert list(back.arrays["a"]) == [0, 1, 2]


@pytest.mark.parametrize("storage", ["ArrowAstropy", "BlendCoadd", "BlendModelPackage"])
def test_a_file_of_another_kind_is_named(tmp_path, storage):
    (tmp_path / "wrong").write_text("neither table nor image")
    with pytest.raises(BadInputError, match="wrong: "):
        read_dataset(tmp_path / "wrong", storage)


def test_the_stamp_of_a_file_is_its_size_and_time(tmp_path):
    path = tmp_path / "a"
    assert stamp(path) is None
    path.write_text("four")
    os.utime(path, ns=(0, 1000))
    assert stamp(path) == [4, 1000]


def test_the_stamp_of_a_folder_is_that_of_all_in_it(tmp_path):
    (tmp_path / "deep").mkdir()
    assert stamp(tmp_path) == [0, 0]
    for name, time in (("a", 1000), ("deep/b", 3000), ("deep/c", 2000)):
        (tmp_path / name).write_text("four")
        os.utime(tmp_path / name, ns=(0, time))
    assert stamp(tmp_path) == [12, 3000]
