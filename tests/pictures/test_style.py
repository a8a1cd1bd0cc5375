import numpy as np
import pytest
from astropy.wcs import WCS
from matplotlib.figure import Figure

from meas_blends.data.coadd import Coadd
from meas_blends.pictures.style import draw_compass, draw_image, draw_scale_bar, grey_levels


def test_levels_rise_from_the_sky_to_the_brightest():
    image = np.random.default_rng(1).normal(10, 1, (100, 100))
    image[50, 50:54] = [20, 60, 200, 1e5]
    levels = grey_levels(image, np.ones_like(image, bool))
    assert 0 <= levels.min()
    assert levels.max() == pytest.approx(1)
    assert 0.05 < np.ma.median(levels) < 0.4
    assert np.all(np.diff(levels[50, 50:53]) >= 0)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_flat_image_has_levels(value):
    levels = grey_levels(np.full((4, 4), value), np.ones((4, 4), bool))
    assert np.all(levels == 0)


def test_bad_pixels_are_masked_even_if_all_are():
    image = np.array([[np.nan, 1.0], [2.0, np.inf]])
    levels = grey_levels(image, np.isfinite(image))
    assert levels.mask.tolist() == [[True, False], [False, True]]
    assert grey_levels(np.full((2, 2), np.nan), np.zeros((2, 2), bool)).mask.all()


@pytest.mark.parametrize(
    ("scale", "width", "text"),
    [(0.2, 512, "20″"), (0.2, 4096, "2′"), (np.nan, 512, "60 pixels"), (1e-4, 64, "0.1″")],
)
def test_the_scale_bar_has_a_round_length(scale, width, text):
    axes = Figure().add_subplot()
    draw_scale_bar(axes, scale, width)
    assert axes.texts[0].get_text() == text


@pytest.mark.parametrize("turned", [False, True])
def test_the_compass_points_as_the_wcs_says(turned):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    # North up and east to the left; or north to the right and east up.
    wcs.wcs.cd = [[0, 1e-4], [1e-4, 0]] if turned else [[-1e-4, 0], [0, 1e-4]]
    axes = Figure().add_subplot()
    draw_compass(axes, Coadd(np.zeros((100, 200)), wcs=wcs, xy0=(1000, 0)))
    places = {text.get_text(): text.get_position() for text in axes.texts if text.get_text()}
    across, up = np.subtract(places["N"], places["E"])
    assert up == pytest.approx(-across if turned else across)
    assert across > 0
    assert all(1150 < x < 1200 and 0 < y < 50 for x, y in places.values())


def test_no_wcs_no_compass():
    axes = Figure().add_subplot()
    draw_compass(axes, Coadd(np.zeros((20, 20))))
    assert len(axes.texts) == 0


def test_large_images_are_drawn_by_blocks():
    image = np.zeros((2605, 1300), np.float32)
    image[2000:2002, 600:602] = 1.0
    axes = Figure().add_subplot()
    draw_image(axes, np.ma.masked_array(image, image < 0), (100, 200))
    drawn = axes.images[0].get_array()
    assert drawn.shape == (1302, 650)
    assert drawn[1000, 300] == 1.0
    assert axes.images[0].get_extent() == [99.5, 1399.5, 199.5, 2803.5]


def test_levels_are_of_single_precision():
    image = np.random.default_rng(1).normal(1e6, 10, (50, 50)).astype(np.float32)
    assert grey_levels(image, np.ones(image.shape, bool)).dtype == np.float32
