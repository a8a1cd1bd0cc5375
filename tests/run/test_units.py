from pathlib import Path

import pytest

from meas_blends.errors import BadInputError
from meas_blends.run.images import ImageOptions
from meas_blends.run.units import Unit, image_units, planes_of_others, scene_units


def test_equal_stems_take_their_folders_names(tmp_path):
    names = [tmp_path / "r" / "c.fits", tmp_path / "i" / "c.fits", tmp_path / "d.fits"]
    units = image_units([str(name) for name in names], ImageOptions())
    assert [unit.name for unit in units] == ["r_c", "i_c", "d"]


def test_what_would_still_collide_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="same folder 'r_c'"):
        image_units([str(tmp_path / "r" / "c.fits"), str(tmp_path / "r" / "c.fit")], ImageOptions())
    with pytest.raises(BadInputError, match="given more than once"):
        image_units(["c.fits", "./c.fits"], ImageOptions())


def test_planes_of_other_images_are_told_from_images(tmp_path):
    names = ["a.fits", "a.weight.fits", "b_sci.fits", "b_wht.fits", "c.weight.fits", "d.fits"]
    paths = [str(tmp_path / name) for name in names]
    for path in paths:
        Path(path).touch()
    a, a_weight, b, b_weight, *_ = paths
    assert planes_of_others(paths) == {a_weight: a, b_weight: b}
    # Alone it is an image like any other.
    assert planes_of_others([a_weight, b]) == {}


def test_identity_follows_the_file_and_the_options(make_image):
    path = Path(make_image("a.fits"))
    first = Unit("a", path).external()["blend_coadd"][0]
    assert Unit("a", path).external()["blend_coadd"][0] == first
    assert (
        Unit("a", path, options=ImageOptions(zero_point=25.0)).external()["blend_coadd"][0] != first
    )
    make_image("a.fits", squares=3)
    assert Unit("a", path).external()["blend_coadd"][0] != first


def fingerprint(path, **options):
    return Unit("a", path, options=ImageOptions(**options)).external()["blend_coadd"][0]


def test_identity_follows_what_is_said_of_the_parts_of_a_file(make_image, tmp_path):
    path, plane = Path(make_image("a.fits")), make_image("plane.fits")
    found = {fingerprint(path)}
    for options in (
        {"layout": "any"}, {"hdu": "IMAGE"}, {"plane": "1"}, {"variance": plane}, {"weight": plane},
        {"rms": plane}, {"mask": plane}, {"mask": "MASK"}, {"mask": f"{plane}[MASK]"},
    ):  # fmt: skip
        found.add(fingerprint(path, **options))
    assert len(found) == 10
    for source in (plane, f"{plane}[IMAGE]"):
        before = fingerprint(path, weight=source)
        make_image("plane.fits", squares=3)
        assert fingerprint(path, weight=source) != before
        make_image("plane.fits", squares=2)


def test_identity_follows_the_files_beside_the_image(make_image):
    path = Path(make_image("a.fits"))
    before = fingerprint(path)
    make_image("a.weight.fits")
    between = fingerprint(path)
    make_image("a.weight.fits", squares=4)
    assert len({before, between, fingerprint(path)}) == 3


def test_a_folder_is_told(tmp_path):
    with pytest.raises(BadInputError, match="a folder, not a file"):
        Unit("a", tmp_path).check()


def test_a_missing_image_is_told(tmp_path):
    with pytest.raises(BadInputError, match=r"no\.fits: no such file"):
        Unit("no", tmp_path / "no.fits").check()


def test_scenes_are_numbered():
    assert [(unit.name, unit.scene) for unit in scene_units(2)] == [
        ("scene_000", 0),
        ("scene_001", 1),
    ]
    assert scene_units(1)[0].external() == {}
    assert scene_units(1)[0].source == {"scene": 0}


def test_scenes_in_bands():
    units = scene_units(2, "gr")
    assert [unit.name for unit in units] == [
        "scene_000_g",
        "scene_000_r",
        "scene_001_g",
        "scene_001_r",
    ]
    assert units[3].source == {"scene": 1, "band": "r"}
    assert units[3].data_id == {"patch": "scene_001", "band": "r"}
    assert [unit.name for unit in scene_units(1, "i", "demo")] == ["demo_i"]
