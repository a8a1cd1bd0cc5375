"""DS9 regions: where things are, and what they say."""

import re

import numpy as np
import pytest
from astropy.wcs import WCS

from meas_blends.data.catalogs import CLASSIFICATION, PEAKS
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import labels_to_spans
from meas_blends.data.regions import regions_text


@pytest.fixture
def tables():
    """A single footprint, and a blended one with a hole."""
    labels = np.zeros((12, 12), int)
    labels[1:3, 1:4] = 1
    labels[5:10, 5:10] = 2
    labels[7, 7] = 0
    zeros = {c.name: np.zeros(2) for c in CLASSIFICATION.all_columns}
    classification = CLASSIFICATION.make(
        {
            **zeros,
            "footprintId": [1, 2],
            "blended": [0, 1],
            "nPeaks": [1, 3],
            "peakFinder": "gp",
            "model": "",
        }
    )
    zeros = {c.name: np.zeros(3) for c in PEAKS.all_columns}
    peaks = PEAKS.make(
        {
            **zeros,
            "footprintId": [1, 2, 2],
            "f_x": [102.0, 106.5, 108.25],
            "f_y": [201.5, 206.0, 208.0],
            "probability": [np.nan, 0.987, 0.5],
            "peakFinder": "gp",
        }
    )
    return labels_to_spans(labels, (100, 200)), classification, peaks


@pytest.fixture
def coadd():
    """Its image: rotated by 30 degrees on the sky."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix = [150.0, 2.0], [3.0, 4.0]
    sine, cosine = 0.5 * 5e-5, np.sqrt(0.75) * 5e-5
    wcs.wcs.cd = [[-cosine, sine], [sine, cosine]]
    return Coadd(np.zeros((12, 12)), wcs=wcs, xy0=(100, 200))


def numbers(line):
    return [float(text) for text in re.search(r"\((.*?)\)", line).group(1).split(",")]


def test_pixels_are_those_of_ds9(tables, coadd):
    lines = regions_text("image", coadd.array_pixels, *tables).splitlines()
    assert lines[0] == "# Region file format: DS9 version 4.1"
    assert lines[2] == "image"
    polygons = [line for line in lines if "polygon" in line]
    # Pixels 1-3 of rows 1-2 are DS9's 2-4 and 2-3, and reach half a pixel farther.
    assert numbers(polygons[0]) == [1.5, 1.5, 4.5, 1.5, 4.5, 3.5, 1.5, 3.5]
    assert "text" not in polygons[0] and "tag={footprint 1}" in polygons[0]
    assert "text={3}" in polygons[1]
    assert polygons[2].startswith("-polygon(") and "text" not in polygons[2]
    assert [line.split("#")[0].strip() for line in lines if "point(" in line] == [
        "point(3.000,2.500)",
        "point(7.500,7.000)",
        "point(9.250,9.000)",
    ]
    assert [re.findall(r"text={(.*?)}", line) for line in lines if "point(" in line] == [
        [],
        ["0.99"],
        ["0.50"],
    ]


def test_the_sky_is_that_of_a_rotated_image(tables, coadd):
    lines = regions_text("icrs", coadd.sky, *tables).splitlines()
    points = np.array([numbers(line) for line in lines if "point(" in line])
    x, y = coadd.wcs.all_world2pix(points[:, 0], points[:, 1], 1)
    assert np.allclose(x, [3.0, 7.5, 9.25], atol=2e-3)
    assert np.allclose(y, [2.5, 7.0, 9.0], atol=2e-3)
    corners = np.array(next(numbers(line) for line in lines if line.startswith("polygon")))
    x, y = coadd.wcs.all_world2pix(corners[::2], corners[1::2], 1)
    assert np.allclose(x, [1.5, 4.5, 4.5, 1.5], atol=2e-3)
    assert np.allclose(y, [1.5, 1.5, 3.5, 3.5], atol=2e-3)


def test_what_has_no_coordinates_is_left_out(tables):
    spans, _, peaks = tables

    def far(x, y):
        return np.where(x < 104, np.nan, x), y

    lines = regions_text("icrs", far, spans, peaks=peaks).splitlines()
    assert [line.split("(")[0] for line in lines[3:]] == ["polygon", "-polygon", "point", "point"]
    assert not any("nan" in line for line in lines)


def test_astropy_reads_them(tables, coadd):
    regions = pytest.importorskip("regions", reason="the regions package reads DS9's files")
    found = regions.Regions.parse(regions_text("image", coadd.array_pixels, *tables), format="ds9")
    assert len(found) == 6
    # From 1-based to 0-based.
    assert (found[-1].center.x, found[-1].center.y) == (8.25, 8.0)
    assert "footprint 2" in found[-1].meta["tag"]
