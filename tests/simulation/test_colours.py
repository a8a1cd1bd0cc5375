"""Colours of galaxies: bulges against disks, and all against simulated photometry of DC2."""

from pathlib import Path

import numpy as np
import pytest

from meas_blends.data.tables import read_table
from meas_blends.simulation.colours import draw_colours, one_colour
from meas_blends.simulation.templates import BANDS


def _rng() -> np.random.Generator:
    return np.random.default_rng(8)


def test_i_magnitudes_stay():
    colours = draw_colours(np.full(5, 24.0), _rng())
    share = np.linspace(0.0, 1.0, 5)
    for band in ("i", "clear", ""):
        colour, bulge = colours.in_band(band, share)
        np.testing.assert_array_equal(colour, 0.0)
        np.testing.assert_array_equal(bulge, share)


def test_bulges_are_redder():
    """So a galaxy's bulge counts for less in the blue and for more in the red."""
    colours = draw_colours(np.full(500, 24.0), _rng())
    share = np.full(500, 0.3)
    blue, red = (colours.in_band(band, share)[1] for band in ("g", "y"))
    assert np.median(blue) < 0.27 < 0.3 < np.median(red)
    for ends in (0.0, 1.0):
        np.testing.assert_allclose(colours.in_band("g", np.full(500, ends))[1], ends)


def test_one_colour():
    colours = draw_colours(np.linspace(20.0, 27.0, 50), _rng(), one_colour=True)
    colour, bulge = colours.in_band("g", np.full(50, 0.3))
    assert np.ptp(colour) == 0.0
    assert colour[0] == one_colour("g") > 0.2
    np.testing.assert_array_equal(bulge, 0.3)
    assert one_colour("i") == one_colour("") == 0.0


def test_known_redshifts_are_kept():
    known = np.array([0.3, np.nan, 2.0])
    redshift = draw_colours(np.full(3, 24.0), _rng(), redshift=known).redshift
    np.testing.assert_array_equal(redshift[[0, 2]], [0.3, 2.0])
    assert 0 < redshift[1] < 6


@pytest.fixture(scope="module")
def photometry(shared_data: Path) -> dict[str, np.ndarray]:
    table = read_table(shared_data / "photometry" / "dc2_training.parquet")
    return {name: np.asarray(table[name], float) for name in table.colnames}


@pytest.fixture(scope="module")
def drawn(photometry) -> np.ndarray:
    """Magnitudes relative to i of galaxies as bright as those of DC2, with like errors."""
    colours = draw_colours(photometry["mag_i_lsst"], _rng())
    mags = colours.relative_magnitudes()
    errors = np.stack([photometry[f"mag_err_{band}_lsst"] for band in BANDS], axis=1)
    return mags + np.clip(errors, 0.0, 0.5) * _rng().standard_normal(mags.shape)


def _both(photometry, drawn, first, second, chosen):
    theirs = photometry[f"mag_{first}_lsst"] - photometry[f"mag_{second}_lsst"]
    ours = drawn[:, BANDS.index(first)] - drawn[:, BANDS.index(second)]
    # Undetected galaxies have the magnitude 99 there.
    chosen = chosen & (np.abs(theirs) < 10)
    return theirs[chosen], ours[chosen]


@pytest.mark.parametrize(("first", "second"), ["gr", "ri", "iz", "zy"])
@pytest.mark.parametrize("bright", [21.0, 22.5, 23.5, 24.3])
def test_colours_of_dc2(photometry, drawn, first, second, bright):
    """Quantiles at given i magnitude agree to 0.14 mag, the outermost ones to 0.2."""
    mag = photometry["mag_i_lsst"]
    chosen = (mag >= bright) & (mag < bright + 1.0)
    theirs, ours = _both(photometry, drawn, first, second, chosen)
    for shares, tolerance in (((16, 50, 84), 0.14), ((5, 95), 0.2)):
        np.testing.assert_allclose(
            np.percentile(ours, shares), np.percentile(theirs, shares), atol=tolerance
        )


def test_colours_of_dc2_go_together(photometry, drawn):
    """Galaxies red in one colour are as red in the next."""
    mag = photometry["mag_i_lsst"]
    chosen = (mag > 22.0) & (mag < 24.0)
    chosen &= np.abs(photometry["mag_g_lsst"] - mag) < 10
    for first, middle, last in ("gri", "riz"):
        pairs = (
            _both(photometry, drawn, first, middle, chosen),
            _both(photometry, drawn, middle, last, chosen),
        )
        theirs, ours = (np.corrcoef(a, b)[0, 1] for a, b in zip(*pairs, strict=True))
        assert ours == pytest.approx(theirs, abs=0.25)


def test_redshifts_of_dc2(photometry):
    for bright in (22.0, 23.0, 24.0):
        mag = photometry["mag_i_lsst"]
        chosen = (mag >= bright) & (mag < bright + 1.0)
        ours = draw_colours(mag[chosen], _rng()).redshift
        assert np.median(ours) == pytest.approx(np.median(photometry["redshift"][chosen]), abs=0.12)
