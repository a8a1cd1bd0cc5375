"""Children against known galaxies."""

import numpy as np
import pytest

from meas_blends.data.catalogs import PEAKS, TRUTH
from meas_blends.data.child_models import ChildModels
from meas_blends.data.coadd import Coadd
from meas_blends.data.deblending_tables import CHILD_FLUXES, CHILDREN
from meas_blends.detection.psf import gaussian_psf
from meas_blends.evaluation.deblending import match_children, true_galaxies
from meas_blends.evaluation.deblending_scores import score_children
from meas_blends.pictures.deblended import draw_deblended, rgb_bands
from meas_blends.pictures.deblending_report import make_deblending_report

SHAPE, PSF = (60, 80), 1.5
#: Two round points in one footprint, and one in another: x, y, flux.
GALAXIES = [(20.0, 30.0, 1000.0), (26.0, 30.0, 500.0), (60.0, 30.0, 800.0)]


def made(schema, **columns):
    return schema.make({c.name: 0 for c in schema.all_columns} | columns)


def point(x, y, flux):
    py, px = np.indices(SHAPE)
    return flux * np.exp(-0.5 * ((px - x) ** 2 + (py - y) ** 2) / PSF**2) / (2 * np.pi * PSF**2)


def scene():
    """Matches of perfect children, of which the second is missing and a fourth is spurious."""
    images = np.array([point(*galaxy) for galaxy in GALAXIES])
    x, y, flux = np.array(GALAXIES).T
    coadd = Coadd(images.sum(axis=0), psf=gaussian_psf(PSF), band="i", pixel_scale=0.2)
    coadd = coadd.replace(variance=np.ones(SHAPE), zero_point=31.4)
    truth = made(
        TRUTH,
        galaxyId=[1, 2, 3],
        x=x,
        y=y,
        flux=flux,
        significance=[50.0, 20.0, 40.0],
        mag=[24.0, 25.0, 24.5],
        diskSersicIndex=1.0,
    )
    blue = truth.copy()
    blue["mag"] += 0.5
    galaxies = true_galaxies(truth, np.array([1, 1, 2]), blue, coadd.psf, 0.2)
    ids, footprints = [11, 13, 14], [1, 2, 2]
    places = {"x": [20.0, 60.0, 66.0], "y": [31.0, 30.0, 30.0]}
    children = made(CHILDREN, peakId=ids, footprintId=footprints, **places)
    peaks = made(PEAKS, id=ids, footprintId=footprints, f_x=places["x"], f_y=places["y"])
    light = np.repeat([1000.0, 800.0, 5.0], 2) * np.tile([10**-0.2, 1.0], 3)
    fluxes = made(
        CHILD_FLUXES,
        peakId=np.repeat(ids, 2),
        footprintId=np.repeat(footprints, 2),
        band=np.tile(["g", "i"], 3),
        flux=light,
        fluxErr=np.full(6, 10.0),
        sharedFlux=0.9 * light,
    )
    # What no child has is in the stamp of its neighbour.
    alone = [images[0] + images[1], images[2]]
    stamps = ChildModels.of(
        ids[:2], [(0, 0), (0, 0)], [np.array([image] * 2) for image in alone], ["g", "i"]
    )
    matches = match_children(
        galaxies, coadd, peaks, children, fluxes, stamps, "gp", ("i", "g"), 0.5
    )
    return matches, coadd, stamps, children


def test_what_is_matched_missed_and_spurious():
    matches, *_ = scene()
    assert matches["galaxyId"].tolist() == [1, 2, 3, 0]
    assert matches["peakId"].tolist() == [11, 0, 13, 14]
    assert matches["blended"].tolist() == [True, True, False, False]
    assert matches["offset"][[0, 2]].tolist() == pytest.approx([0.2, 0.0])
    assert np.asarray(matches["childColour"])[[0, 2]] == pytest.approx(0.5)
    # Round points are round, in the truth and in their stamps.
    assert np.abs(matches["e1"][:3]).max() < 1e-3
    assert abs(matches["childE1"][2]) < 1e-3


def test_light_that_no_child_has_stretches_its_neighbour():
    matches, *_ = scene()
    assert not abs(matches["childE1"][0]) < 0.05


def test_scores():
    matches, *_ = scene()
    scores = score_children([matches, matches])
    by_kind = {row["kind"]: row for row in scores}
    assert by_kind["all"]["missed"] == pytest.approx(1 / 3)
    assert by_kind["all"]["spurious"] == pytest.approx(1 / 3)
    assert by_kind["blended"]["missed"] == pytest.approx(1 / 2)
    assert by_kind["unblended"]["spurious"] == pytest.approx(1 / 2)
    assert by_kind["all"]["fluxBias"] == pytest.approx(0.0)
    assert by_kind["all"]["sharedFluxBias"] == pytest.approx(np.log(0.9))
    assert by_kind["all"]["missedErr"] == 0.0
    assert by_kind["shared"]["nGalaxies"] == 2


def test_the_page_and_its_pictures():
    matches, coadd, stamps, children = scene()
    figure = draw_deblended({"g": coadd, "i": coadd}, stamps, stamps, children, (10, 15, 40, 30))
    # Only children with a stamp and in the box are drawn one by one.
    titles = [axes.get_title() for axes in figure.axes]
    assert [title for title in titles if title.startswith("child")] == ["child 11"]
    files = make_deblending_report(score_children([matches]), [matches], {"gp": figure})
    assert set(files) == {"index.html", "gp.png", "errors.png", "numbers.ecsv"}
    assert b"2 scenes" not in files["index.html"]
    assert files["gp.png"].startswith(b"\x89PNG")


def test_bands_that_are_shown():
    assert rgb_bands(list("ugrizy")) == ("i", "r", "g")
    assert rgb_bands(list("rzy")) == ("y", "z", "r")
    assert rgb_bands(["i"]) == ("i", "i", "i")
