import pytest

from meas_blends.errors import BadInputError
from meas_blends.run.images import ImageOptions
from meas_blends.run.patches import group_patches, parse_bands
from meas_blends.run.units import Unit, image_units, scene_units


def test_what_the_option_takes():
    assert parse_bands("gri") == ("g", "r", "i")
    assert parse_bands("g, VIS,H") == ("g", "VIS", "H")
    for text in ("", "gg", "g,,r"):
        with pytest.raises(BadInputError, match="not a list of different bands"):
            parse_bands(text)


def images(*paths):
    return image_units(paths, ImageOptions())


def test_images_whose_names_differ_in_their_band_are_a_patch(make_image):
    units = images(
        make_image("b_z.fits"),
        make_image("a_r.fits"),
        make_image("b_g.fits"),
        make_image("a_g.fits"),
    )
    grouped, patches = group_patches(units)
    assert [(unit.name, unit.patch, unit.band) for unit in grouped] == [
        ("b_g", "b", "g"),
        ("b_z", "b", "z"),
        ("a_g", "a", "g"),
        ("a_r", "a", "r"),
    ]
    assert [(patch.name, patch.members) for patch in patches] == [
        ("b", ("b_g", "b_z")),
        ("a", ("a_g", "a_r")),
    ]
    assert patches[0].source == {"images": ["b_g", "b_z"]}
    assert patches[0].data_id == {"patch": "b"}


def test_the_header_knows_the_band_better_than_the_name(make_image):
    units = images(make_image("a_r_1.fits", band="1"), make_image("a_r_2.fits", band="2"))
    grouped, patches = group_patches(units)
    assert [unit.band for unit in grouped] == ["1", "2"]
    assert [patch.name for patch in patches] == ["a_r"]


def test_folders_that_are_named_by_band(make_image, tmp_path):
    for band in "gr":
        (tmp_path / band).mkdir()
    units = images(*(make_image(f"{band}/field.fits") for band in "gr"))
    grouped, (patch,) = group_patches(units)
    assert [unit.name for unit in grouped] == ["g_field", "r_field"]
    assert patch.name == "field"


def test_a_single_image_is_a_patch_that_does_not_share_its_folder(make_image):
    (image,), (patch,) = group_patches(images(make_image("field.fits")))
    assert (image.name, patch.name, image.patch) == ("field", "field_patch", "field_patch")


def test_the_order_of_the_bands_can_be_given(make_image):
    units = images(*(make_image(f"a_{band}.fits") for band in "gri"))
    grouped, _ = group_patches(units, ["i", "g", "r"])
    assert [unit.band for unit in grouped] == ["i", "g", "r"]
    with pytest.raises(BadInputError, match=r"a_i\.fits: its band is i, none of --bands g, r;"):
        group_patches(units, ["g", "r"])


def test_scenes_know_their_patches():
    grouped, patches = group_patches(scene_units(2, "rg"))
    assert [unit.name for unit in grouped][:2] == ["scene_000_g", "scene_000_r"]
    assert [(patch.name, patch.scene) for patch in patches] == [("scene_000", 0), ("scene_001", 1)]
    _, (alone,) = group_patches(scene_units(1))
    assert alone.name == "scene_000_patch"


def test_two_images_of_one_band_are_refused(make_image):
    units = images(make_image("a_g.fits"), make_image("a-g.fits"))
    message = r"a-g\.fits: the g band of the patch 'a', as is .*a_g\.fits; give one image a band"
    with pytest.raises(BadInputError, match=message):
        group_patches(units)


def test_an_image_of_unknown_band_among_others_is_refused(make_image):
    units = images(make_image("a_g.fits"), make_image("a.fits"))
    with pytest.raises(BadInputError, match=r"a\.fits: of the same patch as a_g .* is unknown"):
        group_patches(units)


def test_an_image_that_cannot_be_read_goes_by_its_name(make_image, tmp_path):
    (tmp_path / "a_r.fits").write_text("no FITS at all")
    grouped, (patch,) = group_patches(images(make_image("a_g.fits"), str(tmp_path / "a_r.fits")))
    assert patch.members == ("a_g", "a_r")
    assert grouped[1] == Unit("a_r", tmp_path / "a_r.fits", band="r", patch="a")
