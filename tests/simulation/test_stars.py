"""Stars: their number, colours and looks."""

import numpy as np
import pytest

from meas_blends.simulation.colours import one_colour
from meas_blends.simulation.psf import psf_image
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.stars import draw_stars, star_colours, star_counts
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")


def _rng() -> np.random.Generator:
    return np.random.default_rng(9)


@pytest.mark.parametrize(("mag", "counts"), [(15.0, 98.0), (20.0, 1440.0), (25.0, 5900.0)])
def test_counts_at_the_pole(mag, counts):
    """Bahcall & Soneira (1980) at the pole, by hand from their formula."""
    assert star_counts(mag, 90.0) == pytest.approx(counts, rel=0.02)


def test_more_stars_near_the_plane():
    assert star_counts(20.0, 30.0) > 1.5 * star_counts(20.0, 60.0) > star_counts(20.0, 90.0)


def test_number_and_magnitudes():
    stars = draw_stars(LSST, (8000, 8000), _rng(), density=2.0)
    area = (8100 * 0.2 / 3600) ** 2
    expected = 2.0 * (star_counts(28.9) - star_counts(18.9)) * area
    assert len(stars) == pytest.approx(expected, abs=4.0 * np.sqrt(expected))
    share = (star_counts(23.9) - star_counts(18.9)) / (star_counts(28.9) - star_counts(18.9))
    assert (stars["mag"] < 23.0).mean() == pytest.approx(share, abs=0.03)
    assert stars["mag"].min() >= 18.0 and stars["mag"].max() <= 28.0
    assert stars["isStar"].all()
    assert np.all(np.diff(stars["mag"]) >= 0)


def test_colours_lie_on_the_locus():
    """Juric et al. (2008): a star of r - i = 1 has g - r = 1.39; blue ones g - r = 0.3 to 0.5."""
    colours = star_colours(5000, _rng())
    gr, ri = colours[:, 1] - colours[:, 2], colours[:, 2] - colours[:, 3]
    np.testing.assert_allclose(gr[ri > 1.0], 1.39, atol=0.01)
    blue = ri < 0.2
    assert 0.3 < blue.mean() < 0.6
    assert 0.25 < np.median(gr[blue]) < 0.5
    np.testing.assert_array_equal(colours[:, 3], 0.0)


def test_bands_show_the_same_stars():
    blue, red = (
        draw_stars(Survey.named(f"lsst_{band}"), (3000, 3000), _rng()) for band in ("g", "i")
    )
    np.testing.assert_array_equal(blue["x"], red["x"])
    assert 0.3 < np.median(blue["mag"] - red["mag"]) < 2.5
    alike = draw_stars(Survey.named("lsst_g"), (3000, 3000), _rng(), one_colour=one_colour("g"))
    np.testing.assert_allclose(alike["mag"] - red["mag"], one_colour("g"), atol=1e-5)


def test_looks_like_the_psf():
    star = draw_stars(LSST, (3000, 3000), _rng())[:1]
    star["x"], star["y"] = 40.0, 40.0
    coadd = render_scene(star, LSST, (81, 81), _rng())
    psf = psf_image(LSST)
    window = slice(40 - psf.shape[0] // 2, 41 + psf.shape[0] // 2)
    counts = star["flux"][0] / coadd.nanojansky_per_count
    np.testing.assert_allclose(
        coadd.image[window, window] / counts, psf, atol=0.01 * psf.max() + 5e-4
    )
