import galsim.des
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from meas_blends.data.fits import read_coadd
from meas_blends.data.fits.psf_reader import ImageFrame, place_psf, read_psf
from meas_blends.errors import BadInputError
from psf_toys import assert_is_true, effective

LENGTH = 1000


def terms(degree):
    return [(i, j) for j in range(degree + 1) for i in range(degree + 1 - j)]


def bases(degree, step, size=41):
    """A PSF, and for further terms what makes it wider and moves it."""
    first = effective(size=size, step=step)
    wider = effective(4.2, size, step) - first
    images = [first, 0.8 * wider, -0.5 * wider, 0.3 * wider, 0.2 * wider, 0.1 * wider]
    return np.array(images[: len(terms(degree))])


def write_psfex(path, images, degree=2, step=1.0, tdim=True, **cards):
    """A file as PSFEx writes it."""
    count, ny, nx = images.shape
    array = images[None].astype("f4") if tdim else images.reshape(1, -1).astype("f4")
    column = fits.Column(
        "PSF_MASK", f"{images.size}E", dim=f"({nx},{ny},{count})" if tdim else None, array=array
    )
    hdu = fits.BinTableHDU.from_columns([column], name="PSF_DATA")
    axes = 2 if degree else 0
    hdu.header.update(POLNAXIS=axes, POLNGRP=1, PSF_FWHM=3.6, PSF_SAMP=step, PSFNAXIS=3)
    hdu.header.update(PSFAXIS1=nx, PSFAXIS2=ny, PSFAXIS3=count)
    for k, name in enumerate(("X_IMAGE", "Y_IMAGE")[:axes], 1):
        hdu.header[f"POLGRP{k}"], hdu.header[f"POLNAME{k}"] = 1, name
        hdu.header[f"POLZERO{k}"], hdu.header[f"POLSCAL{k}"] = LENGTH / 2, float(LENGTH)
    if degree:
        hdu.header["POLDEG1"] = degree
    for key, value in cards.items():
        if value is None:
            del hdu.header[key]
        else:
            hdu.header[key] = value
    fits.HDUList([fits.PrimaryHDU(), hdu]).writeto(path, overwrite=True)
    return path


@pytest.mark.parametrize("step", [0.5, 0.8, 1.0, 1.2])
def test_degree_0_is_one_psf(tmp_path, step):
    size = 2 * round(20 / step) + 1
    psf = read_psf(write_psfex(tmp_path / "a.psf", bases(0, step, size), 0, step))
    cells, _ = place_psf(psf, ImageFrame((LENGTH, LENGTH)))
    assert cells.images.shape[:2] == (1, 1)
    assert_is_true(cells.middle)


@pytest.mark.parametrize("degree", [1, 2])
@pytest.mark.parametrize("step", [0.7, 1.0])
def test_cells_are_those_of_another_reader(tmp_path, degree, step):
    path = write_psfex(tmp_path / "a.psf", bases(degree, step, 61), degree, step)
    cells, _ = place_psf(read_psf(path), ImageFrame((LENGTH, LENGTH), (30, -20)))
    assert cells.images.shape[:2] == (8, 8)
    other = galsim.des.DES_PSFEx(str(path))
    for row, column in [(0, 0), (0, 7), (3, 4), (7, 2)]:
        x, y = (np.array([column, row]) + 0.5) * LENGTH / 8 + 0.5
        image = other.getPSF(galsim.PositionD(x, y)).drawImage(
            nx=41, ny=41, scale=1.0, method="no_pixel", dtype=float
        )
        truth = image.array / image.array.sum()
        ours = cells.at([x - 1 + 30], [y - 1 - 20])[0]
        margin = (ours.shape[0] - 41) // 2
        ours = ours[margin : margin + 41, margin : margin + 41] if margin else ours
        assert ours / ours.sum() == pytest.approx(truth, abs=0.01 * truth.max())


def test_a_cutout_knows_where_it_was_cut(tmp_path):
    path = write_psfex(tmp_path / "a.psf", bases(1, 1.0), 1)
    psf = read_psf(path)
    part, _ = place_psf(psf, ImageFrame((256, 256), (700, 100)))
    # The middle of its last cell is the pixel (191.5, 191.5), which SExtractor calls 192.5.
    truth = psf.samplings[0].at({"x": 700 + 192.5, "y": 100 + 192.5})
    assert part.images[1, 1] == pytest.approx(truth / truth.sum(), abs=1e-6)
    # A PSF that was made on the cutout itself.
    own = read_psf(
        write_psfex(
            tmp_path / "b.psf", bases(1, 1.0), 1,
            POLZERO1=128.0, POLSCAL1=256.0, POLZERO2=128.0, POLSCAL2=256.0,
        )
    )  # fmt: skip
    here, _ = place_psf(own, ImageFrame((256, 256), (700, 100)))
    truth = own.samplings[0].at({"x": 192.5, "y": 192.5})
    assert here.images[1, 1] == pytest.approx(truth / truth.sum(), abs=1e-6)
    assert here.at([700 + 200], [100 + 200])[0] == pytest.approx(here.images[1, 1])


def test_a_table_without_dimensions_has_them_in_its_cards(tmp_path):
    images = bases(1, 1.0)
    for tdim in (True, False):
        psf = read_psf(write_psfex(tmp_path / "a.psf", images, 1, tdim=tdim))
        assert_is_true(place_psf(psf, ImageFrame((2, 2), (500, 500)))[0].middle, width=0.02)


@pytest.mark.parametrize("card", ["POLDEG1", "POLZERO1", "POLSCAL2"])
def test_cards_that_lack_leave_the_psf_of_the_middle(tmp_path, card):
    psf = read_psf(write_psfex(tmp_path / "a.psf", bases(2, 1.0), **{card: None}))
    cells, notes = place_psf(psf, ImageFrame((LENGTH, LENGTH)))
    assert_is_true(cells.middle)
    assert "first of its 6 images" in notes[0]


def test_an_axis_that_is_no_place_is_taken_in_its_middle(tmp_path):
    path = write_psfex(tmp_path / "a.psf", bases(1, 1.0), 1, POLNAME2="MAG_AUTO")
    cells, notes = place_psf(read_psf(path), ImageFrame((LENGTH, LENGTH)))
    assert "MAG_AUTO" in notes[0]
    assert np.array_equal(cells.images[0, 3], cells.images[7, 3])
    assert not np.array_equal(cells.images[0, 0], cells.images[0, 7])


def test_files_without_a_psf(tmp_path):
    zero = write_psfex(tmp_path / "zero.psf", np.zeros((6, 41, 41)))
    flat = write_psfex(tmp_path / "flat.psf", bases(2, 1.0), tdim=False, PSFAXIS3=5)
    none = write_psfex(tmp_path / "none.psf", bases(2, 1.0))
    with fits.open(none) as hdus:
        more = fits.HDUList([hdus[0].copy(), hdus[1].copy(), hdus[1].copy()])
        more.writeto(tmp_path / "two.psf")
    Table({"a": [1]}).write(tmp_path / "table.fits")
    for path, words in (
        (zero, "zero everywhere"),
        (flat, "PSFAXIS"),
        (tmp_path / "two.psf", "2 models of PSFEx"),
        (tmp_path / "table.fits", "no 2-D image"),
    ):
        with pytest.raises(BadInputError, match=words) as caught:
            read_psf(path)
        assert "give" in str(caught.value)


@pytest.mark.parametrize("name", ["PSF", "PSF_DATA"])
def test_a_table_beside_an_image(tmp_path, name):
    write_psfex(tmp_path / "a.psf", bases(1, 1.0), 1, POLZERO1=50, POLZERO2=50)
    with fits.open(tmp_path / "a.psf") as hdus:
        table = hdus["PSF_DATA"].copy()
        table.name = name
        fits.HDUList([fits.PrimaryHDU(np.ones((100, 100))), table]).writeto(tmp_path / "b.fits")
    coadd = read_coadd(tmp_path / "b.fits")
    assert_is_true(coadd.psf.middle, width=0.02)
    assert "PSF" not in coadd.remarks
    assert coadd.origins["psf"] == f"HDU {name}"


@pytest.mark.parametrize(
    "cards",
    [
        {"POLNAXIS": 1e9},
        {"POLDEG1": 9},
        {"POLDEG1": "two"},
        {"POLSCAL1": 0.0},
        {"PSF_SAMP": 1e-9},
        {"PSF_SAMP": -1},
        {"POLZERO1": 1e300},
    ],
)
def test_damaged_cards_never_refuse_the_image(tmp_path, cards):
    write_psfex(tmp_path / "a.psf", bases(2, 1.0), **cards)
    with fits.open(tmp_path / "a.psf") as hdus:
        image = fits.PrimaryHDU(np.ones((100, 100)))
        fits.HDUList([image, hdus["PSF_DATA"].copy()]).writeto(tmp_path / "b.fits")
    coadd = read_coadd(tmp_path / "b.fits")
    assert coadd.psf is not None or "--psf" in coadd.remarks["PSF"]
