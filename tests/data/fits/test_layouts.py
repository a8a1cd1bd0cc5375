"""A file of each survey's layout, drawn from one scene: its fluxes, noise, mask, sky and band."""

import math
import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData, InverseVariance, StdDevUncertainty, VarianceUncertainty

from meas_blends.data.fits import companions_of, open_fits, read_band, read_coadd
from meas_blends.data.fits.layouts import ANY_BIT, Layout, choose_layout, known, register_layout
from meas_blends.data.fits.zero_points import given_by_layout
from meas_blends.errors import BadInputError

NY, NX, SIGMA, SCALE = 60, 80, 3.0, 0.2
X, Y = 30, 25
AREA = math.radians(SCALE / 3600.0) ** 2


def scene():
    """Noise of 3 nJy and a source of 20,000 nJy."""
    y, x = np.mgrid[:NY, :NX]
    light = np.exp(-((x - X) ** 2 + (y - Y) ** 2) / 8.0) / (8.0 * math.pi)
    return 2e4 * light + np.random.default_rng(1).normal(0, SIGMA, (NY, NX))


IMAGE = scene()
#: The last ten columns hold no light.
EMPTY = np.zeros((NY, NX), bool)
EMPTY[:, -10:] = True


def tan():
    header = fits.Header()
    header.update(
        CTYPE1="RA---TAN", CTYPE2="DEC--TAN", CRVAL1=150.0, CRVAL2=2.0, CRPIX1=X + 1.0,
        CRPIX2=Y + 1.0, CD1_1=-SCALE / 3600, CD1_2=0.0, CD2_1=0.0, CD2_2=SCALE / 3600,
    )  # fmt: skip
    return header


def cards(**values):
    header = tan()
    for key, value in values.items():
        header[key if len(key) <= 8 else f"HIERARCH {key}"] = value
    return header


def per_count(zero_point):
    """Counts of a nanojansky."""
    return 10 ** (0.4 * (zero_point - 31.4))


def planes(scale, masked=True):
    """Image, variance (infinite in the empty columns) and the mask of those, in counts."""
    variance = np.where(EMPTY & masked, np.inf, (SIGMA * scale) ** 2)
    return (IMAGE * scale).astype("f4"), variance, (EMPTY & masked).astype("i4")


def save(path, *hdus):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits.HDUList(list(hdus)).writeto(path)
    return path


def packed(pixels, name, header=None):
    """An HDU as fpack makes it."""
    options = {"quantize_level": 64.0} if pixels.dtype.kind == "f" else {}
    return fits.CompImageHDU(pixels, header, name=name, compression_type="RICE_1", **options)


def des(folder):
    image, variance, mask = planes(per_count(30.0))
    header = cards(MAGZERO=30.0, FILTER="i DECam SDSS c0003 7835.0 1470.0")
    return save(
        folder / "DES0001_r4907p01_i.fits.fz", fits.PrimaryHDU(), packed(image, "SCI", header),
        packed(mask * 2, "MSK"), packed((1 / variance).astype("f4"), "WGT"),
    )  # fmt: skip


def legacy_brick(folder):
    image, variance, _ = planes(per_count(22.5))
    header = cards(BUNIT="nanomaggy", BRICKNAM="1501p022", FILTER="r")
    save(folder / "legacysurvey-1501p022-invvar-r.fits.fz", fits.PrimaryHDU(),
         packed((1 / variance).astype("f4"), "INVVAR"))  # fmt: skip
    path = folder / "legacysurvey-1501p022-image-r.fits.fz"
    return save(path, fits.PrimaryHDU(), packed(image, "IMAGE", header))


def legacy_brick_in_one(folder):
    image, variance, _ = planes(per_count(22.5))
    header = cards(LEGPIPEV="DR10", FILTER="r")
    weight = fits.ImageHDU((1 / variance).astype("f4"), name="IVAR")
    return save(folder / "brick.fits", fits.PrimaryHDU(image, header), weight)


def legacy_cutout(folder):
    image, variance, _ = planes(per_count(22.5))
    header = cards(BANDS="gr", BAND0="g", BAND1="r", SURVEY="LegacySurvey")
    cube = np.stack([np.zeros_like(image), image])
    weight = np.stack([np.zeros_like(image), (1 / variance).astype("f4")])
    return save(folder / "cutout.fits", fits.PrimaryHDU(cube, header),
                fits.ImageHDU(weight, name="INVVAR"))  # fmt: skip


def legacy_cutout_of_one_band(folder):
    image, variance, _ = planes(per_count(22.5))
    header = cards(BANDS="r", BAND0="r", SURVEY="LegacySurvey")
    return save(folder / "cutout.fits", fits.PrimaryHDU(image, header),
                fits.ImageHDU((1 / variance).astype("f4"), name="INVVAR"))  # fmt: skip


def sdss(folder):
    image, _, _ = planes(per_count(22.5))
    header = cards(BUNIT="nanomaggy", FILTER="r", NMGY=0.0045, RUN=3, CAMCOL=2)
    table = fits.BinTableHDU.from_columns([fits.Column("ALLSKY", "16E", array=np.zeros((1, 16)))])
    return save(folder / "frame-r-000003-2-0011.fits", fits.PrimaryHDU(image, header),
                fits.ImageHDU(np.full(NX, 0.0045, "f4")), table)  # fmt: skip


def softened(linear, softening, offset):
    """Asinh magnitudes as Pan-STARRS stores them, in integers of two bytes."""
    value = 1.0857362047581296 * np.arcsinh((linear - offset) / (2.0 * softening))
    value = np.where(np.isfinite(value), value, np.nanmax(value[np.isfinite(value)]))
    step = np.ptp(value) / 60_000
    return np.round((value - value.min()) / step - 30_000).astype("i2"), step, value.min()


def asinh_hdu(linear, header, softening, offset):
    raw, step, low = softened(linear, softening, offset)
    header.update(BSOFTEN=softening, BOFFSET=offset)
    hdu = fits.PrimaryHDU(raw, header)
    hdu.header.update(BSCALE=step, BZERO=low + 30_000 * step)
    return hdu


def panstarrs(folder):
    scale = per_count(25.0 + 2.5 * math.log10(740.0))
    image, _, mask = planes(scale)
    header = cards(**{"EXPTIME": 740.0, "FPA.ZP": 25.0, "FPA.FILTERID": "r.00000"})
    for key in ("CD1_1", "CD1_2", "CD2_1", "CD2_2"):
        del header[key]
    header.update(CDELT1=SCALE / 3600, CDELT2=SCALE / 3600)
    header.update(PC001001=-1.0, PC001002=0.0, PC002001=0.0, PC002002=1.0)
    variance = np.random.default_rng(2).normal(1.0, 0.01, (NY, NX)) * (SIGMA * scale) ** 2
    stem = "rings.v3.skycell.1234.056.stk.r.unconv"
    save(folder / f"{stem}.wt.fits", asinh_hdu(variance, tan(), 6.0, 0.1))
    # SPIKE is light that can be used; BLANK is none.
    mask = np.where(mask, 8, 512).astype("i2")
    save(folder / f"{stem}.mask.fits", fits.PrimaryHDU(mask, tan()))
    return save(folder / f"{stem}.fits", asinh_hdu(image.astype(float), header, 6.0, -0.37))


def megapipe(folder):
    image, variance, _ = planes(per_count(30.0))
    header = cards(PHOTZP=30.0, TELESCOP="CFHT 3.6m", EXPTIME=3000.0, FILTER="r.MP9602")
    save(folder / "G002.R.weight.fits", fits.PrimaryHDU((1 / variance).astype("f4")))
    return save(folder / "G002.R.fits", fits.PrimaryHDU(image, header))


def decam(folder):
    image, variance, mask = planes(per_count(30.0))
    header = cards(MAGZERO=30.0, CCDNUM=1, FILTER="r DECam SDSS c0002", EXPTIME=90.0)
    for kind, pixels in (("d", mask), ("w", (1 / variance).astype("f4"))):
        save(folder / f"c4d_160301_001122_oo{kind}_r_v1.fits.fz", fits.PrimaryHDU(),
             packed(np.ones_like(pixels), "S29"), packed(pixels, "S30"))  # fmt: skip
    path = folder / "c4d_160301_001122_ooi_r_v1.fits.fz"
    return save(path, fits.PrimaryHDU(), packed(np.zeros_like(image), "S29", tan()),
                packed(image, "S30", header))  # fmt: skip


def hst(folder):
    flux, pivot = 7.0333e-20, 8045.0
    zero_point = -2.5 * math.log10(flux) - 5 * math.log10(pivot) - 2.408
    image, variance, _ = planes(per_count(zero_point))
    primary = fits.PrimaryHDU()
    primary.header.update(TELESCOP="HST", FILTER1="CLEAR1L", FILTER2="F814W", EXPTIME=2000.0)
    header = cards(BUNIT="ELECTRONS/S", PHOTFLAM=flux, PHOTPLAM=pivot, PHOTZPT=-21.1)
    context = fits.ImageHDU(np.ones((NY, NX), "i4"), name="CTX")
    return save(folder / "j8_drc.fits", primary, fits.ImageHDU(image, header, name="SCI"),
                fits.ImageHDU((1 / variance).astype("f4"), name="WHT"), context)  # fmt: skip


def jwst(folder, telescope="JWST"):
    image, variance, _ = planes(1e-15 / AREA, masked=False)
    primary = fits.PrimaryHDU()
    primary.header.update(TELESCOP=telescope, FILTER="F150W", EFFEXPTM=900.0)
    header = cards(BUNIT="MJy/sr", PIXAR_SR=AREA, PIXAR_A2=SCALE**2, PHOTMJSR=2.3)
    # What is DO_NOT_USE, and what only jumped.
    quality = np.where(EMPTY, 1, 4).astype("u4")
    flat = fits.ImageHDU(np.full((NY, NX), 7.0, "f4"), name="WHT")
    part = fits.ImageHDU((variance / 2).astype("f4"), name="VAR_POISSON")
    return save(
        folder / "jw_i2d.fits", primary, fits.ImageHDU(image, header, name="SCI"),
        fits.ImageHDU(np.sqrt(variance).astype("f4"), name="ERR"),
        fits.ImageHDU(quality, name="DQ"), flat, part,
        fits.ImageHDU(np.ones((1, NY, NX), "i4"), name="CON"),
    )  # fmt: skip


def roman(folder):
    return jwst(folder, "ROMAN")


def euclid(folder):
    image, variance, _ = planes(per_count(24.6))
    tile = "TILE102018211"
    rms = np.where(EMPTY, np.nan, np.sqrt(variance)).astype("f4")
    save(folder / f"EUC_MER_MOSAIC-VIS-RMS_{tile}-5F0FB0_20241018T14.fits", fits.PrimaryHDU(rms))
    header = cards(MAGZEROP=24.6, TELESCOP="EUCLID", FILTER="VIS")
    return save(folder / f"EUC_MER_BGSUB-MOSAIC-VIS_{tile}-ACBD03_20241018T14.fits",
                fits.PrimaryHDU(image, header))  # fmt: skip


def grizli(folder):
    image, variance, _ = planes(0.1)
    header = cards(BUNIT="10.0*nanoJansky", PHOTFNU=1e-8, TELESCOP="JWST", FILTER="F150W")
    weight = (1 / variance).astype("f4")
    save(folder / "gds-f150w_drc_wht.fits.gz", fits.PrimaryHDU(weight, tan()))
    return save(folder / "gds-f150w_drc_sci.fits.gz", fits.PrimaryHDU(image, header))


def ccddata(kind):
    def write(folder):
        image, _, mask = planes(1.0)
        values = {
            StdDevUncertainty: np.full((NY, NX), SIGMA),
            VarianceUncertainty: np.full((NY, NX), SIGMA**2),
            InverseVariance: np.full((NY, NX), SIGMA**-2.0),
        }
        data = CCDData(image, unit="nJy", uncertainty=kind(values[kind]), mask=mask.astype(bool))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data.header.update(dict(cards(FILTER="r")))
            data.write(folder / "ccd.fits")
        return folder / "ccd.fits"

    return write


def swarp(folder):
    image, variance, _ = planes(per_count(27.0))
    save(folder / "coadd.weight.fits", fits.PrimaryHDU((1 / variance).astype("f4")))
    header = cards(SOFTNAME="SWarp", MAGZERO=27.0, FILTER="r")
    return save(folder / "coadd.fits", fits.PrimaryHDU(image, header))


def unknown(folder):
    image, variance, mask = planes(1e-3)
    rms = np.where(EMPTY, 0.0, np.sqrt(variance)).astype("f4")
    return save(folder / "mine.fits", fits.PrimaryHDU(),
                fits.ImageHDU(image, cards(BUNIT="uJy", FILTER="r"), name="SCI"),
                fits.ImageHDU(rms, name="SIGMA"), fits.ImageHDU(mask * 64, name="MSK"))  # fmt: skip


#: By layout: what writes a file, the band, the subjects that are remarked, options.
FILES = {
    "des": (des, "i", (), {}),
    "legacy_brick": (legacy_brick, "r", (), {}),
    "legacy_brick in one file": (legacy_brick_in_one, "r", (), {}),
    "legacy_cutout": (legacy_cutout, "r", (), {"plane": "r"}),
    "legacy_cutout of one band": (legacy_cutout_of_one_band, "r", (), {}),
    "sdss": (sdss, "r", (), {}),
    "panstarrs": (panstarrs, "r", (), {}),
    "megapipe": (megapipe, "r.MP9602", (), {}),
    "decam": (decam, "r", (), {"hdu": "S30"}),
    "hst": (hst, "F814W", (), {}),
    "jwst": (jwst, "F150W", (), {}),
    "roman": (roman, "F150W", (), {}),
    "euclid": (euclid, "VIS", (), {}),
    "grizli": (grizli, "F150W", (), {}),
    "ccddata of deviations": (ccddata(StdDevUncertainty), "r", (), {}),
    "ccddata of variances": (ccddata(VarianceUncertainty), "r", (), {}),
    "ccddata of weights": (ccddata(InverseVariance), "r", (), {}),
    "swarp": (swarp, "r", (), {}),
    "any": (unknown, "r", ("mask",), {}),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_each_layout(tmp_path, name):
    write, band, remarked, options = FILES[name]
    path = write(tmp_path)
    with open_fits(path) as hdus:
        assert choose_layout(hdus, "f").name == name.split()[0]
    coadd = read_coadd(path, **options)
    image = coadd.image * coadd.nanojansky_per_count
    rows = slice(Y - 8, Y + 9), slice(X - 8, X + 9)
    assert image[rows].sum() == pytest.approx(IMAGE[rows].sum(), rel=2e-3)
    assert np.abs(image - IMAGE)[~EMPTY].max() < 0.5
    good = ~coadd.bad
    if name != "sdss":
        assert np.array_equal(~good, EMPTY)
        variance = coadd.variance[good] * coadd.nanojansky_per_count**2
        assert np.median(variance) == pytest.approx(SIGMA**2, rel=0.01)
    assert coadd.band == band
    assert read_band(path, **options) == band
    ra, dec = coadd.sky([X, X + 10.0], [Y, Y])
    assert (ra[0], dec[0]) == (pytest.approx(150.0), pytest.approx(2.0))
    assert ra[1] < ra[0]
    assert coadd.pixel_scale == pytest.approx(SCALE, rel=1e-6)
    assert tuple(coadd.remarks) == remarked


@pytest.mark.parametrize("write", [legacy_brick, panstarrs, megapipe, decam, euclid, grizli, swarp])
def test_files_beside_an_image_are_known_without_opening_it(tmp_path, write):
    path = write(tmp_path)
    others = sorted(file for file in tmp_path.iterdir() if file != path)
    assert companions_of(path) == others
    for file in others:
        file.unlink()
    assert read_coadd(path).variance is None
    assert companions_of(path) == []


def test_companions_that_cannot_be_told_apart_are_left_alone_and_told(tmp_path):
    path = euclid(tmp_path)
    (other,) = companions_of(path)
    other.with_name(other.name.replace("T14", "T15")).write_bytes(other.read_bytes())
    coadd = read_coadd(path)
    assert coadd.variance is None
    assert "only one can be its rms (--rms FILE)" in coadd.remarks["variance file"]
    assert read_coadd(path, rms=other).variance is not None


def test_a_companion_of_another_shape_is_left_alone_and_told(tmp_path):
    path = swarp(tmp_path)
    fits.writeto(tmp_path / "coadd.weight.fits", np.ones((5, 5)), overwrite=True)
    coadd = read_coadd(path)
    assert coadd.variance is None
    assert "another shape" in coadd.remarks["variance file"]


GIVEN = {
    "variance": lambda: np.where(EMPTY, np.inf, SIGMA**2),
    "weight": lambda: np.where(EMPTY, 0.0, SIGMA**-2.0),
    "rms": lambda: np.where(EMPTY, np.nan, SIGMA),
    "mask": lambda: EMPTY.astype("i4") * 12,
}


def bare(folder, *hdus):
    image = fits.PrimaryHDU(IMAGE.astype("f4"), cards(BUNIT="nJy"))
    return save(folder / "image.fits", image, *hdus)


@pytest.mark.parametrize("kind", GIVEN)
@pytest.mark.parametrize("place", ["a file", "an HDU of a file", "an HDU of the same file"])
def test_planes_that_the_user_gives(tmp_path, kind, place):
    plane = fits.ImageHDU(GIVEN[kind]().astype("f4"), name="MINE")
    other = tmp_path / "other.fits"
    if place == "an HDU of the same file":
        path, source = bare(tmp_path, plane), "mine"
    elif place == "a file":
        path, source = bare(tmp_path), save(other, fits.PrimaryHDU(), plane)
    else:
        path = bare(tmp_path)
        flat = fits.ImageHDU(np.ones((NY, NX)), name="FLAT")
        source = f"{save(other, fits.PrimaryHDU(), flat, plane)}[MINE]"
    coadd = read_coadd(path, **{kind: source})
    assert np.array_equal(coadd.bad, EMPTY)
    if kind != "mask":
        assert np.median(coadd.variance[~EMPTY]) == pytest.approx(SIGMA**2)
    part = "mask" if kind == "mask" else "variance"
    assert coadd.origins[part].startswith("given by the user")


def test_what_is_given_wins_over_the_file(tmp_path):
    path = bare(tmp_path, fits.ImageHDU(np.ones((NY, NX)), name="VARIANCE"),
                fits.ImageHDU(np.full((NY, NX), 0.25), name="WHT"))  # fmt: skip
    assert (read_coadd(path).variance == 1.0).all()
    assert "HDU WHT left alone" in read_coadd(path).remarks["noise planes"]
    given = read_coadd(path, weight="WHT")
    assert (given.variance == 4.0).all()
    assert "noise planes" not in given.remarks


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"weight": "nowhere.fits"}, "--weight nowhere.fits: no such file"),
        ({"weight": "NOWHERE"}, "no HDU NOWHERE for --weight; choose one of 0 PRIMARY"),
        ({"weight": "SMALL"}, r"--weight SMALL has shape \(5, 5\) but the image \(60, 80\)"),
        ({"mask": "SMALL"}, r"--mask SMALL has shape \(5, 5\)"),
        ({"weight": "SMALL", "rms": "SMALL"}, "--rms and --weight: both give the noise"),
        ({"hdu": "9"}, "no HDU 9 for --hdu"),
        ({"hdu": "TABLE"}, "HDU TABLE holds no image"),
        ({"plane": "1"}, "is no cube of planes; leave out --plane"),
        ({"hdu": "CUBE"}, r"3 dimensions \(3, 60, 80\).*--plane"),
        ({"hdu": "CUBE", "plane": "3"}, "no plane 3; give --plane a number from 0 to 2"),
        ({"layout": "klingon"}, "--layout klingon: no such layout; choose one of .*exposure"),
    ],
)
def test_options_that_do_not_fit_get_one_sentence(tmp_path, options, words):
    small = fits.ImageHDU(np.ones((5, 5)), name="SMALL")
    table = fits.BinTableHDU.from_columns([fits.Column("a", "J", array=[1])], name="TABLE")
    path = bare(tmp_path, small, table, fits.ImageHDU(np.zeros((3, NY, NX)), name="CUBE"))
    with pytest.raises(BadInputError, match=words) as caught:
        read_coadd(path, **options)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def chips(folder):
    """Two chips in one file, each with its error."""
    hdus = [fits.PrimaryHDU()]
    for version in (1, 2):
        pixels = (version * IMAGE).astype("f4")
        error = np.full((NY, NX), version, "f4")
        hdus += [fits.ImageHDU(pixels, cards(BUNIT="nJy"), name="SCI", ver=version),
                 fits.ImageHDU(error, name="ERR", ver=version)]  # fmt: skip
    return save(folder / "flc.fits", *hdus)


@pytest.mark.parametrize(
    ("hdu", "version"),
    [(None, 1), ("SCI", 1), ("sci,1", 1), ("SCI,2", 2), ("3", 2), (3, 2), ("1", 1)],
)
def test_which_of_two_chips(tmp_path, hdu, version):
    coadd = read_coadd(chips(tmp_path), hdu=hdu)
    assert np.allclose(coadd.image, version * IMAGE, atol=1e-2)
    assert (coadd.variance == version**2).all()
    assert ("HDUs" in coadd.remarks) == (hdu is None)


@pytest.mark.parametrize(("plane", "number"), [("0", 0), (1, 1), ("2", 2)])
def test_a_plane_of_a_cube_without_names(tmp_path, plane, number):
    cube = np.stack([np.full((5, 6), k) for k in range(3)])
    path = save(tmp_path / "cube.fits", fits.PrimaryHDU(cube[None], cards(BUNIT="nJy")))
    coadd = read_coadd(path, plane=plane)
    assert (coadd.image == number).all()
    assert f"plane {number} of" in coadd.origins["image"]


def test_a_layout_can_be_chosen(tmp_path):
    # Nothing in it says that it is in nanomaggies.
    image = fits.PrimaryHDU(IMAGE.astype("f4") * per_count(22.5), tan())
    path = save(tmp_path / "f.fits", image)
    assert math.isnan(read_coadd(path).zero_point)
    assert "--zero-point MAG" in read_coadd(path).remarks["zero point"]
    coadd = read_coadd(path, layout="legacy_cutout")
    assert coadd.zero_point == 22.5
    assert not coadd.remarks


def test_a_whole_layout_has_no_parts_to_choose(write_exposure):
    path = write_exposure()
    with pytest.raises(BadInputError, match="leave out --hdu, or give --layout any too"):
        read_coadd(path, hdu="IMAGE")
    assert read_coadd(path, hdu="IMAGE", layout="any").shape == (30, 40)


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setattr(known, "_registered", {})


def test_a_layout_of_ones_own_by_declaration(tmp_path, registry):
    mine = Layout(
        "mine",
        lambda hdus: "FLUX" in hdus,
        image=("FLUX",),
        rms=("NOISE",),
        mask=("FLAGS",),
        mask_bits=ANY_BIT,
        zero_point=(given_by_layout(25.0, "counts"),),
    )
    path = save(tmp_path / "f.fits", fits.PrimaryHDU(), fits.ImageHDU(IMAGE, tan(), name="FLUX"),
                fits.ImageHDU(np.full((NY, NX), 2.0), name="NOISE"),
                fits.ImageHDU(EMPTY.astype("i2"), name="FLAGS"))  # fmt: skip
    assert read_coadd(path).variance is None
    assert read_coadd(path, layout=mine).zero_point == 25.0
    register_layout(mine)
    coadd = read_coadd(path)
    assert coadd.zero_point == 25.0
    assert (coadd.variance == 4.0).all()
    assert np.array_equal(coadd.bad, EMPTY)
    assert not coadd.remarks
    assert read_coadd(path, layout="any").variance is None


def test_a_layout_of_ones_own_by_a_reader(tmp_path, registry):
    def read(hdus, name):
        return {"image": hdus[0].data.T, "zero_point": 31.4, "remarks": {"mine": "turned"}}

    register_layout(Layout("mine", lambda hdus: "MINE" in hdus[0].header, read=read))
    header = fits.Header({"MINE": 1, "FILTER": "r"})
    path = save(tmp_path / "f.fits", fits.PrimaryHDU(IMAGE, header))
    coadd = read_coadd(path)
    assert coadd.shape == (NX, NY)
    assert coadd.remarks["mine"] == "turned"
    assert "pixel scale" in coadd.remarks
    assert read_band(path) == "r"


def test_a_layout_that_fails_to_look_does_not_stop_the_others(tmp_path, registry, caplog):
    register_layout(Layout("broken", lambda hdus: hdus[0].header["NOT_THERE"]))
    assert read_coadd(bare(tmp_path)).zero_point == pytest.approx(31.4)
    assert "layout 'broken'" in caplog.text


@pytest.mark.parametrize("dtype", ["f8", "i4", "i8"])
def test_a_pedestal_is_taken_off_before_single_precision(tmp_path, dtype):
    noise = np.random.default_rng(3).normal(0.0, 2.0, (NY, NX))
    pixels = np.round(noise + 123_456_789.0) if dtype[0] == "i" else noise + 123_456_789.0
    path = save(tmp_path / "f.fits", fits.PrimaryHDU(pixels.astype(dtype), cards(BUNIT="nJy")))
    coadd = read_coadd(path)
    truth = pixels - np.median(pixels)
    assert np.abs(coadd.image - truth).max() < 1e-5
    assert "less a pedestal" in coadd.origins["image"]


@pytest.mark.parametrize("level", [0.0, 1000.0])
def test_a_pedestal_that_costs_no_digits_stays(tmp_path, level):
    path = save(tmp_path / "f.fits", fits.PrimaryHDU(IMAGE + level, cards(BUNIT="nJy")))
    coadd = read_coadd(path)
    assert np.allclose(coadd.image, IMAGE + level, atol=1e-3)
    assert not coadd.remarks


def test_what_is_missing_is_told(tmp_path):
    path = save(tmp_path / "f.fits", fits.PrimaryHDU(IMAGE))
    remarks = read_coadd(path).remarks
    assert set(remarks) == {"zero point", "WCS", "pixel scale"}
    assert "--zero-point" in remarks["zero point"] and "--pixel-scale" in remarks["pixel scale"]
    assert set(read_coadd(path, 27.0).remarks) == {"WCS", "pixel scale"}
