import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.data.fill_values import (
    blank_fill_values,
    find_fill_values,
    without_fill_values,
)

SIDE = 240
Y, X = np.indices((SIDE, SIDE))
CENTRES = np.random.default_rng(1).uniform(20, SIDE - 20, (30, 2))


def scene(noise=3.0, sky=0.0):
    """Stars on noise."""
    image = sky + noise * np.random.default_rng(2).normal(size=(SIDE, SIDE))
    for k, (y, x) in enumerate(CENTRES):
        image += (40.0 + 60.0 * k) * np.exp(-((X - x) ** 2 + (Y - y) ** 2) / 8.0)
    return image


CORNERS = np.abs(X - 110) + np.abs(Y - 130) > 130
WHERE = {
    "corners": CORNERS,
    "third": X < 80,
    "stripes": X % 50 < 3,
    "squares": (X % 60 < 7) & (Y % 40 < 7),
}


@pytest.mark.parametrize("where", WHERE.values(), ids=WHERE)
@pytest.mark.parametrize("value", [0.0, -999.0, 65535.0, -1e30, 1e38, 12.5])
@pytest.mark.parametrize(("kind", "sky"), [("f4", 0.0), ("f8", 1000.0), (">f4", 20.0)])
def test_one_exact_value_is_no_data(where, value, kind, sky):
    image = scene(sky=sky).astype(kind)
    image[where] = value
    found = find_fill_values(image)
    assert np.array_equal(found.pixels, where)
    share = 100.0 * where.mean()
    assert found.text == (
        f"{where.sum()} pixels ({share:.2g}%) hold exactly {value:.7g}: taken as NO_DATA"
    )


@pytest.mark.parametrize("where", WHERE.values(), ids=WHERE)
@pytest.mark.parametrize("value", [0, -999, -32768, 32767])
@pytest.mark.parametrize("sky", [0, 1000])
def test_of_integers_too(where, value, sky):
    image = np.round(scene(sky=sky)).astype("i2")
    image[where] = value
    pixels = find_fill_values(image).pixels
    assert pixels[where].all()
    # Beside it, sky that has the same value by chance may be lost with it.
    assert np.mean(pixels[~where]) < 0.02


def test_several_values_and_nan():
    image = scene().astype("f4")
    image[CORNERS] = -999.0
    image[:, :50] = 0.0
    image[:40] = np.nan
    pixels = find_fill_values(image).pixels
    assert np.array_equal(pixels, (CORNERS | (X < 50)) & (Y >= 40))


def test_most_of_an_image():
    image = np.zeros((300, 300))
    image[:100, :100] = np.random.default_rng(3).normal(size=(100, 100))
    assert np.array_equal(find_fill_values(image).pixels, image == 0)


@pytest.mark.parametrize("value", [-1e30, 1e38, -1e300, -999.0])
def test_single_pixels_of_what_is_absurd_or_far_below(value):
    image = scene()
    where = np.random.default_rng(4).random(image.shape) < 0.01
    image[where] = value
    assert np.array_equal(find_fill_values(image).pixels, where)


def test_absurd_values_that_differ():
    image = scene()
    where = np.random.default_rng(4).random(image.shape) < 0.01
    image[where] *= 1e30
    found = find_fill_values(image)
    assert np.array_equal(found.pixels, where)
    assert "hold absurd values" in found.text


@pytest.mark.parametrize("value", [0.0, -999.0])
def test_holes_in_stars(value):
    image, where = scene().astype("f4"), np.zeros((SIDE, SIDE), bool)
    for y, x in CENTRES[-8:]:
        where |= np.hypot(X - x, Y - y) < 3.0
    image[where] = value
    assert np.array_equal(find_fill_values(image).pixels, where)


@pytest.mark.parametrize("value", [-999.0, 0.0])
def test_corners_of_an_image_without_noise(value):
    image = scene(noise=0.0, sky=50.0).astype("f4")
    image[CORNERS] = value
    assert np.array_equal(find_fill_values(image).pixels, CORNERS)


def cut_stamp():
    """A round source that was cut off before it had faded, on exact nothing."""
    image = 20.0 * np.exp(-((X - 100) ** 2 + (Y - 90) ** 2) / 60.0)
    image[np.hypot(X - 100, Y - 90) > 11] = 0.0
    return image


PICTURES = {
    "noise": scene(),
    "no noise": scene(noise=0.0),
    "no noise, single precision": scene(noise=0.0).astype("f4"),
    "no noise, a sky": scene(noise=0.0, sky=100.0).astype("f4"),
    "flat tops": np.minimum(scene(), 150.0),
    "flat tops of integers": np.minimum(np.round(scene()), 150).astype("i4"),
    "flat tops without noise": np.minimum(scene(noise=0.0), 150.0),
    "photons": np.random.default_rng(5).poisson(0.05 * scene(noise=0.0)),
    "photons of a sky": np.random.default_rng(5).poisson(0.05 * scene(noise=0.0) + 0.02),
    "cut at zero": np.maximum(scene(), 0.0),
    "cut off": cut_stamp(),
    "one value": np.full((60, 50), -999.0),
    "nothing": np.zeros((60, 50)),
    "one pixel": np.pad([[1000.0]], 40),
    "no number": np.full((60, 50), np.nan),
    "far wings": 60.0 * np.exp(-(np.hypot(X, Y) ** 2) / 9.0),
    "tiny": np.zeros((1, 1)),
    "a row": np.zeros((1, 300)),
    **{f"step {s:.2f}": 3.0 * s * np.round(scene() / 3.0 / s) for s in (0.25, 1 / 3, 0.5, 1, 2, 5)},
}


@pytest.mark.parametrize("image", PICTURES.values(), ids=PICTURES)
def test_a_picture_has_none(image):
    assert find_fill_values(image) is None


@pytest.mark.parametrize("step", [0.25, 1.0, 2.0])
def test_corners_of_rounded_noise(step):
    image = 3.0 * step * np.round(scene() / 3.0 / step)
    image[CORNERS] = 0.0
    pixels = find_fill_values(image).pixels
    assert pixels[CORNERS].mean() > 0.99
    assert pixels[~CORNERS].mean() < 0.1


def test_strips_of_rows_change_nothing(monkeypatch):
    image = np.round(scene()).astype("i2")
    image[CORNERS] = 0
    whole = find_fill_values(image)
    monkeypatch.setattr("meas_blends.data.tiles._STRIP_PIXELS", 40 * SIDE)
    stripped = find_fill_values(image)
    assert np.mean(stripped.pixels != whole.pixels) < 1e-3


def test_a_coadd_in_memory():
    image = scene().astype("f4")
    image[CORNERS] = -999.0
    mask = np.full(image.shape, 1 << 31, np.uint32).view(np.int32)
    coadd = Coadd(image, mask=mask, mask_planes={"BAD": 0, "MINE": 31})
    blanked = without_fill_values(coadd)
    assert np.array_equal(blanked.bad, CORNERS)
    assert np.array_equal(blanked.in_planes("NO_DATA"), CORNERS)
    assert blanked.in_planes("MINE").all()
    assert np.isnan(blanked.image[CORNERS]).all()
    assert "hold exactly -999: taken as NO_DATA" in blanked.origins["fill value"]
    assert blanked.remarks["fill value"] == blanked.origins["fill value"]
    assert without_fill_values(blanked) is blanked
    # Nothing that the user has is changed.
    assert np.all(coadd.image[CORNERS] == -999.0)
    assert not coadd.in_planes("NO_DATA").any()


def test_a_coadd_without_any_keeps_its_arrays():
    coadd = Coadd(scene())
    looked = without_fill_values(coadd)
    assert looked.image is coadd.image
    assert looked.mask is coadd.mask
    assert (looked.origins, looked.remarks) == ({"fill value": "none"}, {})


@pytest.mark.parametrize("known", ["mask", "variance"])
def test_what_the_planes_tell_is_no_remark(known):
    image = scene().astype("f4")
    image[CORNERS] = 0.0
    planes = {"mask": CORNERS * 1, "variance": np.where(CORNERS, 0.0, 9.0)}
    blanked = without_fill_values(Coadd(image, **{known: planes[known]}))
    assert "hold exactly 0" in blanked.origins["fill value"]
    assert blanked.remarks == {}
    planes["mask"][Y < 20] = 0
    planes["variance"][Y < 20] = 9.0
    told = without_fill_values(Coadd(image, **{known: planes[known]}))
    assert "hold exactly 0" in told.remarks["fill value"]


@pytest.mark.parametrize("plane", ["mask", "variance"])
def test_planes_that_do_not_fit_are_left_for_the_coadd_to_refuse(plane):
    parts = {"image": np.where(CORNERS, 0.0, scene()), plane: np.zeros((5, 5)), "origins": {}}
    assert blank_fill_values(parts)["image"] is parts["image"]
