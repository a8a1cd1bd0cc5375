"""Images as lsst.images writes them, built HDU by HDU, and one that it wrote itself."""

import json

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.data.fits import read_band, read_coadd, write_coadd
from meas_blends.detection.complete import complete_coadd
from meas_blends.detection.find import find_footprints
from meas_blends.detection.matched_filter import matched_filter
from meas_blends.detection.psf import gaussian_psf
from meas_blends.errors import BadInputError

NY, NX, CELL = 80, 120, 40
PLANES = ("NO_DATA", "INTERPOLATED", "SATURATED", "DETECTION_EDGE", "INEXACT_PSF", "REJECTED")
SCHEMA = "https://images.lsst.io/schemas/"


def compressed(data, name, header=None):
    """Tile-compressed without loss, as all images there are."""
    return fits.CompImageHDU(data, header, name=name, compression_type="GZIP_2", quantize_level=0.0)


def mask_header(names, first=0):
    header = fits.Header()
    for n, plane in enumerate(names):
        header[f"MSKN{n:04d}"] = plane
        header[f"MSKM{n:04d}"] = 1 << (n + first)
        header[f"MSKD{n:04d}"] = plane.lower()
    return header


def box(x, y, nx, ny):
    return {"x": {"start": x, "stop": x + nx}, "y": {"start": y, "stop": y + ny}}


class Cells:
    """What a CellCoadd is made of; tests change it before it is written."""

    def __init__(self):
        rng = np.random.default_rng(5)
        self.image = rng.normal(0, 3, (NY, NX)).astype("f4")
        self.variance = np.full((NY, NX), 9.0, "f4")
        self.mask = np.zeros((NY, NX), "i4")
        self.noise = [rng.normal(0, 3, (NY, NX)).astype("f4") for _ in range(2)]
        widths = np.linspace(1.4, 2.4, 6)
        self.psf = np.stack([gaussian_psf(w, 21) for w in widths]).reshape(2, 3, 21, 21)
        self.psf = self.psf.astype("f8")
        self.origin = (3000, 5960)
        self.unit, self.schema = "nJy", "cell_coadd-1.0.0"
        # The grid is that of a whole patch, of which the image is a part.
        self.tree = {
            "min_read_version": 1,
            "band": "r",
            "patch": {"id": 42},
            "image": {"yx0": list(self.origin[::-1])},
            "psf": {
                "schema_url": SCHEMA + "cell_psf-1.0.0",
                "bounds": {
                    "grid": {
                        "bbox": box(2960, 5920, 10 * CELL, 10 * CELL),
                        "cell_shape": {"x": CELL, "y": CELL},
                    },
                    "bbox": box(*self.origin, NX, NY),
                    "missing": [],
                },
            },
        }
        self.masks = None

    def write(self, path):
        primary = fits.PrimaryHDU()
        primary.header.update(FMTVER=1, INDXADDR=1, INDXSIZE=1, JSONADDR=1, JSONSIZE=1)
        if self.schema:
            primary.header["DATAMODL"] = SCHEMA + self.schema
        header = fits.Header()
        header["BUNIT"] = self.unit
        for axis, start in zip("12", self.origin, strict=True):
            header[f"CTYPE{axis}A"], header[f"CUNIT{axis}A"] = "LINEAR", "PIXEL"
            header[f"CRPIX{axis}A"], header[f"CRVAL{axis}A"] = 1.0, float(start)
        hdus = [primary, compressed(self.image, "IMAGE", header)]
        for number, (data, names) in enumerate(self.masks or [(self.mask, PLANES)]):
            hdu = compressed(data, "MASK", mask_header(names))
            if number:
                hdu.header["EXTVER"] = number + 1
            hdus.append(hdu)
        hdus.append(compressed(self.variance, "VARIANCE"))
        hdus.append(compressed(np.zeros((NY, NX), "f4"), "MASK_FRACTIONS/REJECTED"))
        for number, noise in enumerate(self.noise):
            hdus.append(compressed(noise, f"NOISE_REALIZATIONS/{number}"))
        if self.psf is not None:
            hdus.append(compressed(self.psf, "PSF"))
        if self.tree is not None:
            text = self.tree if isinstance(self.tree, bytes) else json.dumps(self.tree).encode()
            row = np.empty(1, object)
            row[0] = np.frombuffer(text, np.uint8)
            column = fits.Column("JSON", "PB()", array=row)
            hdus.append(fits.BinTableHDU.from_columns([column], name="JSON"))
        fits.HDUList(hdus).writeto(path)
        return path


@pytest.fixture
def cells():
    return Cells()


def test_everything_is_read(cells, tmp_path):
    cells.mask[3, 4] = 1 << PLANES.index("SATURATED")
    cells.mask[5, 6] = 1 << PLANES.index("DETECTION_EDGE")
    cells.mask[:, 60:] |= (1 << PLANES.index("INEXACT_PSF")) | (1 << PLANES.index("REJECTED"))
    path = cells.write(tmp_path / "a.fits")
    coadd = read_coadd(path)
    np.testing.assert_array_equal(coadd.image, cells.image)
    np.testing.assert_array_equal(coadd.variance, cells.variance)
    assert (coadd.xy0, coadd.band, coadd.zero_point) == ((3000, 5960), "r", 31.4)
    assert read_band(path) == "r"
    assert coadd.origins["patch"] == "patch 42"
    assert set(coadd.remarks) <= {"WCS", "pixel scale"}
    assert np.argwhere(coadd.in_planes("SAT")).tolist() == [[3, 4]]
    # A visit that was left out of a pixel does not make it bad.
    assert np.argwhere(coadd.bad).tolist() == [[5, 6]]
    assert (coadd.psf.origin, coadd.psf.cell_shape) == ((3000, 5960), (CELL, CELL))
    np.testing.assert_allclose(coadd.psf.images, cells.psf, rtol=1e-5, atol=1e-9)
    expected = np.zeros((5, 5))
    expected[2, 2] = 1.0
    np.testing.assert_allclose(coadd.noise_correlation, expected, atol=0.03)


def test_cells_without_a_psf_hold_no_data(cells, tmp_path):
    cells.psf[1, 2] = np.nan
    cells.variance[CELL:, 2 * CELL :] = np.inf
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    expected = np.zeros((NY, NX), bool)
    expected[CELL:, 2 * CELL :] = True
    np.testing.assert_array_equal(coadd.in_planes("NO_DATA"), expected)
    np.testing.assert_array_equal(coadd.bad, expected)
    assert set(coadd.remarks) <= {"WCS", "pixel scale"}


@pytest.mark.parametrize("value", [-1.0, np.inf, 0.0])
def test_a_cell_whose_psf_is_none_counts_as_missing_and_is_told(cells, tmp_path, value):
    cells.psf[0, 0] = value
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    assert coadd.in_planes("NO_DATA").sum() == CELL**2
    assert "PSFs of 1 of 6 cells" in coadd.remarks["PSF cells"]


def test_planes_spread_over_several_masks(cells, tmp_path):
    names = [f"PLANE_{k}" for k in range(31)], ["OTHER", "SATURATED", "NO_DATA"]
    first, second = np.zeros((NY, NX), "i4"), np.zeros((NY, NX), "i4")
    first[1, 1] = 1 << 30
    second[2, 2], second[3, 3] = 1 << 1, 1 << 2
    cells.masks = [(first, names[0]), (second, names[1])]
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    assert np.argwhere(coadd.in_planes("SAT")).tolist() == [[2, 2]]
    assert np.argwhere(coadd.in_planes("NO_DATA")).tolist() == [[3, 3]]
    assert len(coadd.mask_planes) == 31
    assert "OTHER" in coadd.remarks["mask"]
    assert set(names[0]) - set(coadd.mask_planes) == {
        plane for plane in names[0] if plane in coadd.remarks["mask"].split(": ")[1].split(", ")
    }


def test_a_mask_without_no_data_gets_the_plane(cells, tmp_path):
    cells.masks = [(np.ones((NY, NX), "i4"), ["REJECTED"])]
    cells.psf[0, 0] = np.nan
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    assert coadd.in_planes("REJECTED").all()
    assert coadd.bad.sum() == CELL**2


def test_the_noise_of_bilinear_resampling_is_seen_in_its_realizations(cells, tmp_path):
    rng = np.random.default_rng(9)
    tent = np.array([0.25, 0.5, 0.25])
    cells.noise = []
    for _ in range(3):
        white = rng.standard_normal((NY + 2, NX))
        noise = sum(t * white[k : k + NY] for k, t in enumerate(tent))
        cells.noise.append((3 * noise / noise.std()).astype("f4"))
    cells.variance *= np.linspace(0.5, 2, NX).astype("f4")
    cells.noise = [noise * np.sqrt(np.linspace(0.5, 2, NX)).astype("f4") for noise in cells.noise]
    cells.noise[0][:10] = 0.0
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    assert coadd.noise_correlation[:, 2] == pytest.approx([1 / 6, 2 / 3, 1, 2 / 3, 1 / 6], abs=0.03)
    assert coadd.noise_correlation[2] == pytest.approx([0, 0, 1, 0, 0], abs=0.03)


def test_without_a_readable_tree_the_cells_share_the_image_out(cells, tmp_path):
    for number, tree in enumerate((b"{nonsense", b"{}", b"[1]", None)):
        cells.tree = tree
        path = cells.write(tmp_path / f"{number}.fits")
        coadd = read_coadd(path)
        assert (coadd.psf.origin, coadd.psf.cell_shape) == ((3000, 5960), (CELL, CELL))
        assert coadd.band == "" == read_band(path)
        assert ("JSON" in coadd.remarks) == (tree != b"{}")


def test_without_a_schema_the_container_tells(cells, tmp_path):
    cells.schema = ""
    cells.mask[2, 3] = 1 << PLANES.index("NO_DATA")
    assert read_coadd(cells.write(tmp_path / "a.fits")).bad.sum() == 1


def test_a_later_version_is_read_and_told(cells, tmp_path):
    cells.schema = "cell_coadd-2.1.0"
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    assert "cell_coadd-2.1.0" in coadd.remarks["format"]
    assert coadd.psf is not None


@pytest.mark.parametrize(
    ("psf", "words"),
    [
        (None, "no PSF"),
        (np.ones((2, 3, 20, 21)), "shape"),
        (np.full((2, 3, 21, 21), np.nan), "missing in every cell"),
    ],
)
def test_a_psf_that_is_none_costs_the_psf_alone(cells, tmp_path, psf, words):
    cells.psf = psf
    if psf is None:
        cells.tree["psf"] = None
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    assert coadd.psf is None
    assert words in coadd.remarks["PSF"] and "--psf" in coadd.remarks["PSF"]


def test_a_visit_image_with_a_gaussian(cells, tmp_path):
    cells.schema, cells.noise = "visit_image-1.0.0", []
    cells.tree["psf"] = {
        "schema_url": SCHEMA + "gaussian_psf-1.0.0", "sigma": 1.7, "stamp_size": 25
    }  # fmt: skip
    cells.psf = None
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    np.testing.assert_allclose(coadd.psf.middle, gaussian_psf(1.7, 25), rtol=1e-5)
    assert coadd.noise_correlation is None and set(coadd.remarks) <= {"WCS", "pixel scale"}


@pytest.mark.parametrize("kind", ["piff_psf", "psfex_psf"])
def test_other_psfs_are_left_to_stars_and_told(cells, tmp_path, kind):
    cells.schema = "visit_image-1.0.0"
    cells.tree["psf"] = {"schema_url": f"{SCHEMA}{kind}-1.0.0"}
    cells.psf = None
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    assert coadd.psf is None
    assert kind in coadd.remarks["PSF"]


def test_counts_without_a_zero_point_are_told(cells, tmp_path):
    cells.unit = "electron"
    coadd = read_coadd(cells.write(tmp_path / "a.fits"))
    assert np.isnan(coadd.zero_point)
    assert "--zero-point" in coadd.remarks["zero point"]


def test_planes_that_do_not_fit_are_refused(cells, tmp_path):
    cells.variance = np.ones((5, 5), "f4")
    with pytest.raises(BadInputError, match="HDU VARIANCE has shape"):
        read_coadd(cells.write(tmp_path / "a.fits"))


def test_other_kinds_of_lsst_images_are_named(tmp_path):
    primary = fits.PrimaryHDU()
    primary.header["DATAMODL"] = SCHEMA + "piff_psf-1.0.0"
    primary.writeto(tmp_path / "a.fits")
    with pytest.raises(BadInputError, match=r"a piff_psf of lsst\.images without an image"):
        read_coadd(tmp_path / "a.fits")


def test_a_table_of_cells_is_told(tmp_path):
    cell = np.zeros((4, 9), "f4")
    columns = [fits.Column(name, "9E", array=cell) for name in ("image", "mask", "variance", "psf")]
    table = fits.BinTableHDU.from_columns(columns)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "a.fits")
    with pytest.raises(BadInputError, match="deep_coadd_cell"):
        read_coadd(tmp_path / "a.fits")


def test_one_that_lsst_images_wrote_gives_the_peaks_of_its_plain_copy(shared_data, tmp_path):
    """The same pixels in both layouts give the same footprints to the last digit."""
    cells = read_coadd(shared_data / "real" / "dp2_cell_coadd.fits")
    assert cells.in_planes("NO_DATA").sum() == 150**2
    assert cells.noise_correlation[2] == pytest.approx([0, 0.25, 1, 0.25, 0], abs=0.01)
    write_coadd(cells, tmp_path / "plain.fits")
    plain = read_coadd(tmp_path / "plain.fits")
    found = [find_footprints(matched_filter(complete_coadd(one)))[0] for one in (cells, plain)]
    assert len(found[0]) > 100
    for name in found[0].colnames:
        np.testing.assert_array_equal(found[0][name], found[1][name])
