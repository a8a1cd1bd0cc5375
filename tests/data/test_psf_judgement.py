import numpy as np
import pytest

from meas_blends.data.psf_judgement import judge_psf, whole_step
from meas_blends.errors import BadInputError
from psf_toys import FWHM, assert_is_true, effective, subpixels


def test_what_is_right_stays_to_the_bit():
    for image in (effective(), effective(size=25), effective(shear=0.2), effective() - 1e-6):
        judged, notes = judge_psf(image, "PSF")
        assert np.array_equal(judged, image)
        assert notes == []


@pytest.mark.parametrize("size", [30, 41, 44])
@pytest.mark.parametrize(("dx", "dy"), [(0.0, 0.0), (0.5, 0.5), (-0.5, 0.0), (0.3, -1.7), (2, 3)])
def test_a_centre_off_the_middle_is_moved_there(size, dx, dy):
    image = effective(size=size, dx=dx, dy=dy)
    judged, notes = judge_psf(image, "PSF")
    assert_is_true(judged)
    assert judged.sum() == pytest.approx(image.sum(), abs=1e-12)
    assert bool(notes) == (size % 2 == 0 or (dx, dy) != (0.0, 0.0))
    if dx or dy:
        assert f"({0 - dx:+.2f}, {0 - dy:+.2f})" in notes[0]


def test_a_side_may_be_even_alone():
    judged, notes = judge_psf(effective(size=44)[:, 1:42], "PSF")
    assert_is_true(judged / judged.sum())
    assert any("even" in note for note in notes)


def test_whole_pixels_are_moved_without_touching_their_values():
    image = effective(size=41, dx=-2, dy=1)
    judged, _ = judge_psf(image, "PSF")
    assert set(np.unique(judged)) <= {0.0, *np.unique(image)}


@pytest.mark.parametrize("share", [0.05, 0.27, 0.6])
@pytest.mark.parametrize("size", [25, 41, 60])
def test_a_pedestal_is_taken_off(size, share):
    image = effective(size=size)
    level = share / (1 - share) / image.size
    judged, notes = judge_psf(image + level, "PSF")
    assert_is_true(judged / judged.sum())
    assert "pedestal" in notes[0]


@pytest.mark.parametrize("beta", [2.0, 2.5, 4.0])
@pytest.mark.parametrize("size", [15, 21, 61])
def test_wings_are_no_pedestal(beta, size):
    import galsim

    image = galsim.Moffat(beta=beta, fwhm=3.0).drawImage(nx=size, ny=size, scale=1.0).array
    assert judge_psf(image, "PSF")[1] == []
    airy = galsim.OpticalPSF(lam_over_diam=2.0, obscuration=0.3, nstruts=4)
    image = airy.drawImage(nx=size, ny=size, scale=1.0).array
    assert judge_psf(image, "PSF")[1] == []


@pytest.mark.parametrize("over", [2, 3, 5])
@pytest.mark.parametrize("side", [0, 1])
def test_oversampled_images_are_summed_up_over_pixels(over, side):
    image = subpixels(size=41 * over + side, over=over)
    judged, notes = judge_psf(image, "PSF", 1.0 / over, over)
    assert_is_true(judged)
    assert "resampled" in notes[-1]


def test_blocks_of_subpixels_are_their_sums():
    image = subpixels(size=4 * 31, over=4)
    judged, _ = judge_psf(image, "PSF", 0.25, 4)
    blocks = image.reshape(31, 4, 31, 4).sum(axis=(1, 3))
    assert judged == pytest.approx(blocks, abs=2e-5 * blocks.max())


@pytest.mark.parametrize("step", [0.25, 0.5, 0.7, 1.3])
@pytest.mark.parametrize("dx", [0.0, 0.4])
def test_effective_psfs_are_sampled(step, dx):
    size = 2 * round(20 / step) + 1
    judged, _ = judge_psf(effective(size=size, step=step, dx=dx, dy=-dx), "PSF", step)
    assert_is_true(judged)


def mosaic(rows, columns, size=21):
    return np.tile(effective(size=size), (rows, columns))


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.zeros((9, 9)), "zero everywhere"),
        (np.full((9, 9), np.nan), "not finite"),
        (-effective(), "sums to -1"),
        (mosaic(5, 5), "25 peaks"),
        (mosaic(1, 2), "2 peaks"),
        (mosaic(3, 4, 30), "12 peaks"),
        (np.ones((15, 15)), "not fallen to half"),
        (effective(fwhm=8.0, size=7), "not fallen to half"),
        (effective(size=41, dx=19.5), "not fallen to half"),
        (effective(size=81, dx=-30), r"its peak at \(10, 40\), far from the middle"),
    ],
)
def test_what_is_no_psf_is_refused_in_a_sentence(image, words):
    with pytest.raises(BadInputError, match=words) as caught:
        judge_psf(image, "x.fits")
    assert str(caught.value).startswith("x.fits: ")
    assert "FWHM in arcsec" in str(caught.value)


def test_noise_makes_no_second_peak():
    rng = np.random.default_rng(4)
    for _ in range(20):
        image = effective(fwhm=FWHM)
        noisy = image + rng.normal(0, 0.02 * image.max(), image.shape)
        assert not any("peaks" in note for note in judge_psf(noisy, "PSF")[1])


def test_ratios_near_whole_ones_are_meant_to_be_whole():
    assert whole_step(0.2493) == 0.25
    assert whole_step(2.015) == 2.0
    assert whole_step(0.993) == 1.0
    assert whole_step(1.02) == 1.02
    assert whole_step(0.476) == 0.476
