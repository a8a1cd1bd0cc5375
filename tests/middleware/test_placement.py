from pathlib import Path

import pytest
from astropy.table import Table

from meas_blends.errors import BadInputError
from meas_blends.middleware.placement import check_distinct, place_by_manifest, place_by_name


def where(placed):
    return [(file.tract, file.patch, file.band) for file in placed]


def test_every_stem_is_a_patch_and_bands_share_it(make_coadd):
    files = [make_coadd("b_i.fits"), make_coadd("a.fits", "r"), make_coadd("b_r.fits", "r")]
    placed = place_by_name(files, "sky", {})
    assert where(placed) == [(0, 0, "i"), (0, 1, "r"), (0, 0, "r")]
    assert [file.name for file in placed] == ["b", "a", "b"]


def test_files_of_one_name_are_known_by_their_folders(make_coadd, tmp_path):
    for folder in ("scene_0_r", "scene_0_i", "scene_1_i"):
        (tmp_path / folder).mkdir()
    made = [("scene_0_r", "r"), ("scene_0_i", "i"), ("scene_1_i", "i")]
    files = [make_coadd(f"{folder}/coadd.fits", band) for folder, band in made]
    placed = place_by_name(files, "sky", {})
    assert where(placed) == [(0, 0, "r"), (0, 0, "i"), (0, 1, "i")]
    assert placed[0].name == "scene_0_coadd"


def test_known_names_keep_their_numbers_and_new_ones_follow(make_coadd):
    files = [make_coadd("new_i.fits"), make_coadd("old_i.fits")]
    placed = place_by_name(files, "sky", {"old": 3, "": 7})
    assert [file.patch for file in placed] == [8, 3]


def test_an_unknown_band_is_told(make_coadd):
    with pytest.raises(BadInputError, match=r"field\.fits: neither its header .* says its band"):
        place_by_name([make_coadd("field.fits")], "sky", {})


@pytest.mark.parametrize("suffix", ["csv", "ecsv", "parquet"])
def test_a_manifest_says_it_all(make_coadd, tmp_path, suffix):
    make_coadd("a.fits", "r")
    make_coadd("b.fits")
    manifest = tmp_path / f"list.{suffix}"
    Table(
        {
            "file": ["b.fits", "a.fits"],
            "skymap": ["s", "t"],
            "tract": [9813, 1],
            "patch": [40, 0],
            "band": ["VIS", "g"],
        }
    ).write(manifest)
    placed = place_by_manifest([], manifest, "sky")
    assert where(placed) == [(9813, 40, "VIS"), (1, 0, "g")]
    assert [file.skymap for file in placed] == ["s", "t"]
    (one,) = place_by_manifest([tmp_path / "a.fits"], manifest, "sky")
    assert one.band == "g"


def test_a_manifest_may_leave_out_what_is_plain(make_coadd, tmp_path):
    file = make_coadd("a.fits", "r")
    (tmp_path / "list.csv").write_text(f"file,patch\n{file},4\n")
    (placed,) = place_by_manifest([file], tmp_path / "list.csv", "sky")
    assert placed.data_id == {"skymap": "sky", "tract": 0, "patch": 4, "band": "r"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,tract\na.fits,1\n", "lacks the column patch"),
        ("file,patch\nb.fits,1\n", r"does not list .*a\.fits"),
        ("file,patch\na.fits,1\na.fits,2\n", r"lists a\.fits more than once"),
        ("file,patch\na.fits,-1\n", r"the patch of a\.fits is -1; give a whole number"),
        ("file,patch\na.fits,1.5\n", r"the patch of a\.fits is 1\.5"),
        ('file,patch\na.fits,"4,4"\n', r"the patch of a\.fits is '4,4'"),
        ("file,patch\na.fits,1\n", "neither its header .* says its band"),
    ],
)
def test_a_wrong_manifest_is_told(make_coadd, tmp_path, text, message):
    file = make_coadd("a.fits")
    (tmp_path / "list.csv").write_text(text)
    with pytest.raises(BadInputError, match=message):
        place_by_manifest([file], tmp_path / "list.csv", "sky")


def test_two_files_of_one_place_are_told(make_coadd):
    files = [make_coadd("a_i.fits"), make_coadd("i_a.fits", "i")]
    with pytest.raises(BadInputError, match=r"i_a\.fits: the i band of the same patch as .*a_i"):
        check_distinct(place_by_name(files, "sky", {}))


def test_a_manifest_finds_files_from_the_current_folder(make_coadd, tmp_path, monkeypatch):
    make_coadd("a.fits", "r")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "list.csv").write_text("file,patch\na.fits,4\n")
    monkeypatch.chdir(tmp_path)
    (placed,) = place_by_manifest([Path("a.fits")], Path("lists/list.csv"), "sky")
    assert placed.patch == 4
