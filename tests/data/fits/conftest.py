"""Exposure files as lsst.afw writes them, built table by table."""

import numpy as np
import pytest
from astropy.io import fits

PLANES = {"BAD": 0, "SAT": 1, "INTRP": 2, "CR": 3, "EDGE": 4, "DETECTED": 5, "NO_DATA": 8}


class ArchiveBuilder:
    """Tables of an archive, and the index of them."""

    def __init__(self, points_in_two_columns):
        self.two_columns = points_in_two_columns
        self.index, self.tables = [], []

    def add(self, name, **fields):
        """Persist an object; points are given as tuples, arrays as lists. Returns its id."""
        columns = []
        for key, value in fields.items():
            if isinstance(value, tuple) and self.two_columns:
                parts = [(f"{key}_x", value[0]), (f"{key}_y", value[1])]
            else:
                parts = [(key, value)]
            columns += [self.column(*part) for part in parts]
        table = fits.BinTableHDU.from_columns(columns)
        table.header["EXTTYPE"] = "ARCHIVE_DATA"
        table.header["AR_NAME"] = name
        self.tables.append(table)
        table.header["AR_CATN"] = len(self.tables)
        identifier = len(self.tables)
        self.index.append((identifier, len(self.tables), 0, 0, 1, name, "lsst.afw"))
        return identifier

    @staticmethod
    def column(name, value):
        if isinstance(value, str):
            return fits.Column(name, "32A", array=[value])
        value = np.asarray(value)
        code = "J" if value.dtype.kind == "i" else "D"
        return fits.Column(name, f"{max(value.size, 1)}{code}", array=value.reshape(1, -1))

    def hdus(self):
        names = ("id", "cat.archive", "cat.persistable", "row0", "nrows", "name", "module")
        formats = ["J"] * 5 + ["64A", "64A"]
        columns = [
            fits.Column(name, form, array=[row[k] for row in self.index])
            for k, (name, form) in enumerate(zip(names, formats, strict=True))
        ]
        index = fits.BinTableHDU.from_columns(columns)
        index.header["EXTTYPE"] = "ARCHIVE_INDEX"
        index.header["AR_CATN"] = 0
        return [index, *self.tables]


@pytest.fixture
def pixels():
    """Image (with a NaN), mask and variance of 40 x 30 pixels."""
    rng = np.random.default_rng(1)
    image = rng.normal(size=(30, 40)).astype(np.float32)
    image[3, 4] = np.nan
    mask = np.zeros((30, 40), np.int32)
    mask[3, 4] = 1 << PLANES["NO_DATA"]
    mask[10:12, 10:12] = 1 << PLANES["SAT"]
    return image, mask, np.full((30, 40), 2.5, np.float32)


@pytest.fixture
def archive():
    """Make an `ArchiveBuilder`, of the current layout unless told otherwise."""
    return lambda points_in_two_columns=True: ArchiveBuilder(points_in_two_columns)


@pytest.fixture
def write_exposure(tmp_path, pixels):
    """Write an Exposure: ``write(archive, named=..., compressed=..., **primary cards)``."""

    def write(
        archive=None, named=True, compressed=True, mask_type=np.int32, image_cards=(), **cards
    ):
        image, mask, variance = pixels
        primary = fits.PrimaryHDU()
        hdus = [primary]
        for kind, plane in (
            ("IMAGE", image),
            ("MASK", mask.astype(mask_type)),
            ("VARIANCE", variance),
        ):
            if compressed:
                lossy = {"quantize_level": 20.0, "quantize_method": 2, "dither_seed": 1}
                options = lossy if kind == "IMAGE" else {"quantize_level": 0.0}
                method = "RICE_1" if kind == "IMAGE" else "GZIP_1"
                hdu = fits.CompImageHDU(plane, compression_type=method, **options)
            else:
                hdu = fits.ImageHDU(plane)
            if named:
                hdu.name = kind
            hdu.header["EXTTYPE"] = kind
            hdu.header["INHERIT"] = True
            header = {
                "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRVAL1": 150.0, "CRVAL2": 2.0,
                "CRPIX1": 20.0, "CRPIX2": 15.0, "CD1_1": -4.7e-5, "CD2_2": 4.7e-5,
                "LTV1": -17900.0, "LTV2": -15900.0, "CTYPE1A": "LINEAR", "CTYPE2A": "LINEAR",
                "CRVAL1A": 17900.0, "CRVAL2A": 15900.0, "CRPIX1A": 1.0, "CRPIX2A": 1.0,
                "CUNIT1A": "PIXEL", "CUNIT2A": "PIXEL", "DATE-OBS": "31/08/93",
            }  # fmt: skip
            hdu.header.update({**header, **dict(image_cards)})
            if kind == "MASK":
                for plane_name, bit in PLANES.items():
                    card = f"MP_{plane_name}"
                    hdu.header[card if len(card) <= 8 else f"HIERARCH {card}"] = bit
            hdus.append(hdu)
        if archive is not None:
            primary.header["AR_HDU"] = len(hdus) + 1
            hdus += archive.hdus()
        for key, value in cards.items():
            primary.header[key if len(key) <= 8 else f"HIERARCH {key}"] = value
        path = tmp_path / "exposure.fits"
        fits.HDUList(hdus).writeto(path, overwrite=True)
        return path

    return write
