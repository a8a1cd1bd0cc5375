"""Colours of spectra: against GalSim's own photometry, and what is known of them."""

import galsim
import numpy as np
import pytest

from meas_blends.simulation.templates import BANDS, LAST_TEMPLATE, template_colours


@pytest.mark.parametrize("redshift", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("number", "name"), [(0, "CWW_E_ext"), (2, "CWW_Scd_ext")])
def test_equals_galsims_magnitudes(number, name, redshift):
    sed = galsim.SED(f"{name}.sed", "Ang", "flambda").atRedshift(redshift)
    mags = []
    for band in BANDS:
        bandpass = galsim.Bandpass(f"LSST_{band}.dat", "nm").withZeropoint("AB")
        mags.append(sed.calculateMagnitude(bandpass))
    expected = np.array(mags) - mags[BANDS.index("i")]
    got = template_colours([redshift], [number], [0.0])[0]
    np.testing.assert_allclose(got, expected, atol=0.03)


def test_later_types_are_bluer():
    colours = template_colours(np.full(5, 0.4), np.arange(5.0), np.zeros(5))
    assert np.all(np.diff(colours[:, BANDS.index("g")]) < 0)
    np.testing.assert_array_equal(colours[:, BANDS.index("i")], 0.0)


def test_dust_reddens():
    clean, dusty = template_colours([0.5, 0.5], [2.0, 2.0], [0.0, 0.3])
    assert np.all(np.diff(dusty - clean) < 0)


def test_distant_galaxies_drop_out():
    """Beyond redshift 3.5 the intergalactic medium takes the u band."""
    near, far = template_colours([2.0, 4.0], [3.0, 3.0], [0.0, 0.0])
    u, r = BANDS.index("u"), BANDS.index("r")
    assert far[u] - far[r] > 2.0 > near[u] - near[r]


def test_values_beyond_the_grid_are_taken_at_its_border():
    got = template_colours([9.0, 1.0], [1.0, 7.0], [0.0, 0.0])
    expected = template_colours([6.0, 1.0], [1.0, LAST_TEMPLATE], [0.0, 0.0])
    np.testing.assert_allclose(got, expected)
