import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits import read_coadd
from meas_blends.data.fits.range import fit_range

NOISE = np.random.default_rng(2).normal(0.0, 1.0, (40, 50))


@pytest.mark.parametrize("factor", [1.0, 1e-12, 1e9, 0.0, np.nan])
def test_usual_counts_stay(factor):
    parts = {"image": NOISE * factor, "zero_point": 27.0, "origins": {"image": "HDU IMAGE"}}
    assert fit_range(parts) is parts


def test_a_constant_image_of_usual_counts_stays():
    parts = {"image": np.full((5, 5), 7.0), "zero_point": 27.0, "origins": {"image": "x"}}
    assert fit_range(parts) is parts


def test_the_far_wings_of_sources_without_noise_do_not_count():
    radius = np.hypot(*np.indices((90, 90)))
    parts = {"image": 60 * np.exp(-(radius**2) / 9), "zero_point": 27.0, "origins": {"image": "x"}}
    assert np.median(parts["image"]) < 1e-30
    assert fit_range(parts) is parts


@pytest.mark.parametrize("exponent", [-150, -30, -17, 18, 30, 150])
def test_flux_is_kept_in_new_counts(exponent):
    factor = 10.0**exponent
    parts = {
        "image": NOISE * factor,
        "variance": np.full(NOISE.shape, factor) * factor,
        "zero_point": 27.0,
        "origins": {"image": "HDU IMAGE"},
    }
    fitted = fit_range(parts)
    assert 0.1 < np.std(fitted["image"]) < 10
    # -2.5 log10(counts) + zero point is the magnitude, in old counts and new ones.
    ratio = fitted["image"][3, 4] / NOISE[3, 4]
    assert fitted["zero_point"] + 2.5 * exponent == pytest.approx(27.0 + 2.5 * np.log10(ratio))
    assert "times 1e" in fitted["origins"]["image"]
    if abs(exponent) < 100:
        assert np.allclose(fitted["variance"], ratio**2)


def test_a_file_of_tiny_counts(tmp_path):
    fits.writeto(tmp_path / "tiny.fits", NOISE * 1e-30)
    coadd = read_coadd(tmp_path / "tiny.fits", zero_point=-45.0)
    assert np.std(coadd.image) == pytest.approx(1.0, rel=0.5)
    # The user speaks of the counts of the file.
    new = coadd.image[3, 4] * coadd.nanojansky_per_count
    assert new == pytest.approx(NOISE[3, 4] * 1e-30 * 10 ** (0.4 * (31.4 + 45.0)), rel=1e-5)
    assert coadd.origins["zero_point"] == "given by the user"


@pytest.mark.parametrize("level", [1e5, -3e6, 1e8, 1e12])
@pytest.mark.parametrize("kind", [">f8", "i8"])
def test_a_pedestal_costs_no_digits(tmp_path, level, kind):
    noise = 3.0 * NOISE if kind == ">f8" else np.round(3.0 * NOISE)
    image = (level + noise).astype(kind)
    image[30:, :20] = 0
    fits.writeto(tmp_path / "high.fits", image)
    coadd = read_coadd(tmp_path / "high.fits")
    good = ~coadd.bad
    assert np.array_equal(good, image != 0)
    # What double precision itself loses is 2e-16 of the level.
    exact = noise - np.median(noise[good])
    assert np.allclose(coadd.image[good], exact[good], atol=1e-5 + 1e-15 * abs(level))
    assert f"less a pedestal of {level + np.median(noise[good]):.10g}" in coadd.origins["image"]


def test_a_sky_of_a_few_hundred_sigma_stays():
    image = np.round(1000.0 + 3.0 * NOISE).astype("u2")
    parts = {"image": image, "zero_point": 27.0, "origins": {"image": "x"}}
    assert fit_range(parts) is parts


def test_a_pedestal_of_tiny_counts_and_of_none_with_noise():
    parts = {"image": 1e-30 * (1e7 + NOISE), "zero_point": 27.0, "origins": {"image": "x"}}
    fitted = fit_range(parts)
    assert np.allclose(fitted["image"], NOISE - np.median(NOISE), atol=1e-6)
    wings = np.full((90, 90), 1e8)
    wings[40, 40] += 123.4
    image = fit_range({**parts, "image": wings})["image"]
    assert image[40, 40] == pytest.approx(123.4)
    assert image[0, 0] == 0


@pytest.mark.parametrize("value", [-1e30, 1e38, -1e300])
def test_corners_of_absurd_values_do_not_rescale_the_counts(tmp_path, value):
    image = NOISE.copy()
    image[:, :15] = value
    fits.writeto(tmp_path / "corner.fits", image)
    coadd = read_coadd(tmp_path / "corner.fits", zero_point=27.0)
    assert coadd.zero_point == 27.0
    assert np.array_equal(coadd.bad, image == value)
    assert np.allclose(coadd.image[:, 15:], NOISE[:, 15:])
    assert "taken as NO_DATA" in coadd.remarks["fill value"]
