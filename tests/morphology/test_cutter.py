"""Stamps of analytic scenes."""

import numpy as np
import pytest

from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import Coadd
from meas_blends.data.morphology_tables import MORPHOLOGY
from meas_blends.data.psf import CellPsf
from meas_blends.detection.complete import complete_coadd
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError
from meas_blends.morphology.cutter import StampCutter, cut_stamps

SIZE = 16


def make_coadd(shape=(40, 50), noise=0.0, **fields):
    """Each pixel holds its own flat index, so that its place can be told."""
    image = np.arange(np.prod(shape), dtype=float).reshape(shape)
    if noise:
        image = np.random.default_rng(1).normal(0, noise, shape)
    fields.setdefault("variance", np.ones(shape))
    return Coadd(image, psf=gaussian_psf(1.5), pixel_scale=0.2, **fields)


def make_peaks(positions, footprints, xy0=(0, 0)):
    x, y = np.array(positions, float).reshape(-1, 2).T
    i_x, i_y = np.floor(x + 0.5).astype(int), np.floor(y + 0.5).astype(int)
    row = dict.fromkeys((c.name for c in PEAKS.all_columns), 0)
    row |= {
        "id": np.arange(len(x)) + 1,
        "footprintId": np.array(footprints, int),
        "f_x": x + xy0[0],
        "f_y": y + xy0[1],
        "i_x": i_x + xy0[0],
        "i_y": i_y + xy0[1],
    }
    return PEAKS.make(row)


def cut(coadd, labels, peaks, **options):
    cutter = StampCutter(coadd, labels, peaks, SIZE, **options)
    return cutter.cut(slice(None))


def names(stamps, i):
    return MORPHOLOGY.decode(stamps.flags[i])


@pytest.mark.parametrize("xy0", [(0, 0), (1000, -300)])
def test_the_peak_is_in_the_middle(xy0):
    coadd = make_coadd(xy0=xy0)
    labels = np.zeros(coadd.shape, int)
    labels[18:23, 22:29] = 1
    stamps = cut(coadd, labels, make_peaks([(25.3, 19.8)], [1], xy0))
    expected = coadd.image[20 - 8 : 20 + 8, 25 - 8 : 25 + 8]
    np.testing.assert_allclose(stamps.images[0] * stamps.sigma[0], expected, rtol=1e-5)
    assert stamps.usable.all() and stamps.flags[0] == 0 and stamps.masked_fraction[0] == 0
    assert (stamps.dx[0], stamps.dy[0]) == (pytest.approx(0.3), pytest.approx(-0.2))


@pytest.mark.parametrize(
    ("position", "fraction"),
    [((0, 20), 0.5), ((49, 20), 7 / 16), ((0, 0), 0.75), ((25, 39), 7 / 16)],
)
def test_beyond_the_border_is_masked(position, fraction):
    coadd = make_coadd()
    x, y = position
    labels = np.zeros(coadd.shape, int)
    labels[y, x] = 1
    stamps = cut(coadd, labels, make_peaks([position], [1]), min_core=0.1)
    assert names(stamps, 0) == ["EDGE"]
    assert stamps.masked_fraction[0] == pytest.approx(fraction)
    assert (stamps.images[0][~stamps.usable[0]] == 0).all()
    assert stamps.images[0, 8, 8] * stamps.sigma[0] == pytest.approx(coadd.image[y, x], rel=1e-5)


def test_a_stamp_larger_than_the_image():
    coadd = make_coadd((9, 7))
    stamps = cut(coadd, np.ones(coadd.shape, int), make_peaks([(3, 4)], [1]))
    assert stamps.usable.sum() == 63
    assert names(stamps, 0) == ["EDGE"]


def test_other_footprints_are_masked_and_the_own_is_not():
    coadd = make_coadd()
    labels = np.zeros(coadd.shape, int)
    labels[18:23, 18:24], labels[18:23, 26:30], labels[14, 20] = 1, 2, 3
    stamps = cut(coadd, labels, make_peaks([(20, 20), (27, 20)], [1, 2]))
    assert names(stamps, 0) == ["NEIGHBOURS"]
    mask = np.zeros((SIZE, SIZE), bool)
    mask[6:11, 14:] = True  # the other footprint
    mask[2, 8] = True  # a footprint that has no peak
    np.testing.assert_array_equal(~stamps.usable[0], mask)
    assert stamps.masked_fraction[0] == pytest.approx(mask.mean())


def test_a_shared_footprint_is_split_half_way():
    coadd = make_coadd()
    labels = np.zeros(coadd.shape, int)
    labels[16:25, 15:32] = 5
    stamps = cut(coadd, labels, make_peaks([(20, 20), (25, 20)], [5, 5]))
    assert names(stamps, 0) == names(stamps, 1) == ["BLENDED"]
    # Columns from 23 on are nearer to the second peak.
    assert stamps.usable[0][8, : 23 - 12].all() and not stamps.usable[0][8, 23 - 12 :].any()
    assert stamps.usable[1][8, 23 - 17 :].all() and not stamps.usable[1][8, : 23 - 17].any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_bad_pixels_are_masked(value):
    coadd = make_coadd()
    coadd.image[20, 24] = value
    labels = np.zeros(coadd.shape, int)
    labels[18:23, 18:23] = 1
    stamps = cut(coadd, labels, make_peaks([(20, 20)], [1]))
    assert names(stamps, 0) == ["BAD_PIXELS"]
    assert np.isfinite(stamps.images).all()
    assert (~stamps.usable[0]).sum() == 1 and not stamps.usable[0, 8, 12]


def test_masked_planes_and_bad_variance_count_as_bad():
    coadd = make_coadd()
    coadd.mask[20, 22] = 1 << coadd.mask_planes["NO_DATA"]
    coadd.variance[20, 18] = np.nan
    stamps = cut(coadd, np.zeros(coadd.shape, int), make_peaks([(20, 20)], [1]))
    assert (~stamps.usable[0]).sum() == 2
    assert np.isfinite(stamps.sigma).all()


def test_a_bad_peak_pixel_or_core_fails():
    coadd = make_coadd()
    coadd.image[20, 20] = np.nan
    coadd.image[8:13, 9:12] = np.nan
    coadd.image[10, 10] = 0.0
    stamps = cut(
        coadd, np.zeros(coadd.shape, int), make_peaks([(20, 20), (10, 10), (35, 20)], [1, 2, 3])
    )
    assert "FAILED" in names(stamps, 0)
    assert "FAILED" not in names(stamps, 1)
    assert stamps.flags[2] == 0
    strict = cut(coadd, np.zeros(coadd.shape, int), make_peaks([(10, 10)], [2]), min_core=0.9)
    assert "FAILED" in names(strict, 0)


def test_an_image_without_a_good_pixel():
    coadd = make_coadd()
    coadd.image[:] = np.nan
    stamps = cut(coadd, np.ones(coadd.shape, int), make_peaks([(20, 20)], [1]))
    assert "FAILED" in names(stamps, 0)
    assert (stamps.images == 0).all() and stamps.sigma[0] == 1


def test_noise_is_that_of_the_sky_not_of_the_variance_plane():
    # The plane promises a variance of 1; half of the image has twice the noise.
    coadd = make_coadd((120, 120), noise=2.0, variance=np.ones((120, 120)))
    coadd.variance[:, 60:] = 4.0
    coadd.image[:, 60:] *= 2.0
    labels = np.zeros(coadd.shape, int)
    labels[50:70, 50:70] = 1
    coadd.image[50:70, 50:70] += 1e4
    stamps = cut(coadd, labels, make_peaks([(20, 30), (100, 30)], [2, 3]))
    np.testing.assert_allclose(stamps.sigma, [2.0, 4.0], rtol=0.03)
    assert stamps.noise_correlation[0] == pytest.approx(0.0, abs=0.03)


def test_correlated_noise_is_measured():
    coadd = make_coadd((120, 120), noise=1.0)
    image = coadd.image
    coadd.image = (image + np.roll(image, 1, 0) + np.roll(image, 1, 1)) / np.sqrt(3)
    coadd = complete_coadd(coadd)
    stamps = cut(coadd, np.zeros(coadd.shape, int), make_peaks([(60, 60)], [1]))
    # Each pair of neighbours shares one of three pixels.
    assert stamps.noise_correlation[0] == pytest.approx(1 / 3, abs=0.04)


def test_batches_make_no_difference():
    coadd = make_coadd(noise=1.0)
    labels = np.zeros(coadd.shape, int)
    labels[10:20, 10:40] = 1
    peaks = make_peaks([(12, 15), (38, 12), (3, 35), (20, 18), (48, 2)], [1, 1, 2, 1, 3])
    cutter = StampCutter(coadd, labels, peaks, SIZE)
    whole = cutter.cut(slice(None))
    parts = list(cut_stamps(cutter, batch_size=2))
    assert [len(part) for part in parts] == [2, 2, 1]
    for name in ("images", "usable", "sigma", "flags", "masked_fraction"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))


def two_footprints():
    """A coadd of noise with a bright neighbour, a bad pixel and a peak near the border."""
    coadd = make_coadd((60, 60), noise=1.0)
    labels = np.zeros(coadd.shape, int)
    labels[28:33, 28:33], labels[28:33, 35:41], labels[1:4, 1:4] = 1, 2, 3
    coadd.image[labels == 2] += 500.0
    coadd.image[26, 25] = np.nan
    return coadd, labels, make_peaks([(30, 30), (38, 30), (2, 2)], [1, 2, 3])


def test_neighbours_kept_are_usable():
    coadd, labels, peaks = two_footprints()
    stamps = cut(coadd, labels, peaks, neighbours="keep")
    assert {"NEIGHBOURS", "BAD_PIXELS"} == set(names(stamps, 0))
    assert (~stamps.usable[0]).sum() == 1  # the bad pixel
    assert stamps.images[0, 8, 14] > 400
    assert names(stamps, 2) == ["EDGE"] and stamps.images[2][~stamps.usable[2]].max() == 0


def test_neighbours_become_noise():
    coadd, labels, peaks = two_footprints()
    coadd.variance[:] = 4.0
    coadd.image *= 2.0
    masked = cut(coadd, labels, peaks)
    filled = cut(coadd, labels, peaks, neighbours="noise", rng=np.random.default_rng(5))
    # What is usable is told as before, and stays as it is.
    np.testing.assert_array_equal(filled.usable, masked.usable)
    np.testing.assert_array_equal(filled.flags, masked.flags)
    np.testing.assert_array_equal(filled.images[filled.usable], masked.images[masked.usable])
    made = filled.images[~filled.usable]
    assert len(made) > 150 and np.all(made != 0)
    assert abs(made.mean()) < 0.3 and made.std() == pytest.approx(1.0, abs=0.15)


def test_filled_noise_is_as_correlated_as_the_sky():
    coadd = make_coadd((300, 300), noise=1.0)
    image = coadd.image
    coadd.image = (image + np.roll(image, 1, 0) + np.roll(image, 1, 1)) / np.sqrt(3)
    labels = np.ones(coadd.shape, int)
    labels[:, :200] = 0
    # The stamp of a peak on the sky, wholly beyond the sky: another footprint.
    cutter = StampCutter(
        coadd,
        labels,
        make_peaks([(250, 150)], [7]),
        96,
        neighbours="noise",
        rng=np.random.default_rng(1),
    )
    made = cutter.cut(slice(None)).images[0]
    beside = np.mean(made[:, 1:] * made[:, :-1]), np.mean(made[1:] * made[:-1])
    np.testing.assert_allclose(beside, cutter.noise_correlation, atol=0.03)
    assert made.std() == pytest.approx(1.0, abs=0.03)


def test_noise_is_the_same_in_any_batches_and_of_one_seed():
    coadd, labels, peaks = two_footprints()

    def stamps(seed, batch_size):
        rng = np.random.default_rng(seed)
        cutter = StampCutter(coadd, labels, peaks, SIZE, neighbours="noise", rng=rng)
        return np.concatenate([part.images for part in cut_stamps(cutter, batch_size)])

    np.testing.assert_array_equal(stamps(3, 1), stamps(3, 512))
    assert not np.array_equal(stamps(3, 1), stamps(4, 1))


def test_unknown_treatment_of_neighbours():
    coadd, labels, peaks = two_footprints()
    with pytest.raises(BadInputError, match="choose one of mask, noise, keep"):
        cut(coadd, labels, peaks, neighbours="blur")


def test_stamps_know_the_psf():
    coadd, labels, peaks = two_footprints()
    np.testing.assert_array_equal(cut(coadd, labels, peaks).psf, coadd.psf.middle)


def test_large_stamps_come_in_smaller_batches():
    coadd, labels, _ = two_footprints()
    peaks = make_peaks([(30, 30)] * 7, [1] * 7)
    cutter = StampCutter(coadd, labels, peaks, 1024)
    assert [len(part) for part in cut_stamps(cutter)] == [2, 2, 2, 1]


def test_each_stamp_has_the_psf_of_its_place():
    coadd = make_coadd(shape=(60, 60), xy0=(500, -20))
    images = np.stack([gaussian_psf(sigma, 21) for sigma in (1.2, 1.5, 1.9, 2.4)])
    psf = CellPsf(images.reshape(2, 2, 21, 21), coadd.xy0, (30, 30))
    places = [(10, 10), (50, 12), (12, 45), (48, 50), (20, 20)]
    labels = np.zeros(coadd.shape, int)
    for k, (x, y) in enumerate(places):
        labels[y - 2 : y + 3, x - 2 : x + 3] = k + 1
    peaks = make_peaks(places, np.arange(5) + 1, coadd.xy0)
    stamps = cut(coadd.replace(psf=psf), labels, peaks)
    np.testing.assert_allclose(stamps.psf, psf.images.reshape(4, 21, 21)[[0, 1, 2, 3, 0]])
    np.testing.assert_allclose(stamps.psf_sigma, [1.2, 1.5, 1.9, 2.4, 1.2], rtol=0.01)
    # Of a part of the peaks, those of the part.
    cutter = StampCutter(coadd.replace(psf=psf), labels, peaks, SIZE)
    part = cutter.cut(slice(2, 4))
    np.testing.assert_array_equal(part.psf, stamps.psf[2:4])
    np.testing.assert_array_equal(part.psf_sigma, stamps.psf_sigma[2:4])
    # One for all, where it is the same everywhere.
    assert cut(coadd, labels, peaks).psf.shape == coadd.psf.middle.shape
