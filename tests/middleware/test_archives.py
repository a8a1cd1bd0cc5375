import zipfile

import pytest

from meas_blends.errors import BadInputError
from meas_blends.middleware.archives import pack_folder, unpack_folder


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "meta.yaml").write_text("name: a\n")
    (tmp_path / "in" / "arrays.bin").write_bytes(bytes(range(256)) * 50)
    return tmp_path / "in"


def test_a_folder_comes_back(tmp_path, folder):
    pack_folder(folder, tmp_path / "a.zip")
    unpack_folder(tmp_path / "a.zip", tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }


def test_one_folder_makes_one_archive(tmp_path, folder):
    pack_folder(folder, tmp_path / "a.zip")
    (folder / "meta.yaml").touch()
    pack_folder(folder, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize("name", ["../evil", "/evil", "a/b", "..", "c:evil", "a\\b"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(BadInputError, match=r"a\.zip: holds"):
        unpack_folder(tmp_path / "a.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_could_fill_the_disk_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", bytes(10_000_000))
    with pytest.raises(BadInputError, match="another way"):
        unpack_folder(tmp_path / "a.zip", tmp_path / "out")


def test_a_damaged_archive_is_named(tmp_path, folder):
    pack_folder(folder, tmp_path / "a.zip")
    whole = (tmp_path / "a.zip").read_bytes()
    for damaged in (whole[:500], whole.replace(bytes(range(100, 200)), bytes(100))):
        (tmp_path / "a.zip").write_bytes(damaged)
        with pytest.raises(BadInputError, match=r"a\.zip: a damaged archive"):
            unpack_folder(tmp_path / "a.zip", tmp_path / "out")
