"""A ground coadd against a space image: drawn fields, whose blends are known."""

import numpy as np
import pytest

from meas_blends.detection.complete import complete_coadd
from meas_blends.errors import BadInputError
from meas_blends.evaluation.skies.compare import compare_field
from meas_blends.evaluation.skies.finders import Found, classifier, local_maxima, plain_sep
from meas_blends.evaluation.skies.matching import Matching
from meas_blends.evaluation.skies.recognition import LABELS, label_objects, overlapping
from meas_blends.evaluation.skies.space import align, find_space_objects
from meas_blends.evaluation.skies.space_rates import space_rates
from meas_blends.simulation.survey import Survey
from sky_toys import two_telescopes

SURVEY = Survey.named("lsst_i")
ALONE = [(20, 20), (100, 20), (20, 100), (60, 60), (60, 105)]
#: 0.7 arcsec and 1.4 arcsec apart.
CLOSE = [(98.3, 100.0), (101.7, 100.6)]
WIDE = [(97.0, 60.0), (104.0, 60.0)]
PLACES = np.array(ALONE + CLOSE + WIDE, float)


@pytest.fixture(scope="module")
def field():
    ground, space = two_telescopes(PLACES, np.full(len(PLACES), 2e6), SURVEY, shift=(1.0, -0.6))
    return complete_coadd(ground), space


@pytest.fixture(scope="module")
def comparison(field):
    return compare_field({"maxima": local_maxima(), "sep": plain_sep()}, *field, "drawn")


def circle(at, radius=1.0):
    return np.array(at, float), radius**2 * np.eye(2)


def test_ellipses_overlap_where_they_share_a_point():
    centre, moments = circle((0, 0), 2.0)
    others = [circle((3.1, 0)), circle((2.9, 0)), circle((0.3, 0), 0.2), circle((5, 0), 9)]
    places, shapes = (np.array(part) for part in zip(*others, strict=True))
    assert overlapping(centre, moments, places, shapes).tolist() == [False, True, True, True]
    # Two needles at right angles: their boxes meet, and they do only if they cross.
    needle = np.diag([9.0, 0.04])
    upright = np.diag([0.04, 9.0])[None]
    for x, meets in ((2.0, True), (4.0, False)):
        assert overlapping(centre, needle, np.array([[x, 0.0]]), upright)[0] == meets
    assert overlapping(centre, moments, np.zeros((0, 2)), np.zeros((0, 2, 2))).size == 0


def test_labels_of_sitcomtn_128():
    ground = np.array([[0, 0], [100, 0], [200, 0], [204, 0], [300, 0], [400, 0]], float)
    space = [[0, 0], [99, 0], [101, 0], [200, 0], [204, 0], [399, 0], [401, 0]]
    mags = np.array([24, 24, 25, 23, 24, 22, 24.5])
    shapes = np.tile(1.5**2 * np.eye(2), (len(ground), 1, 1))
    small = np.tile(0.5**2 * np.eye(2), (len(space), 1, 1))
    label, n_ground, n_space = label_objects(ground, shapes, np.array(space, float), small, mags)
    # The last one's companion is more than two magnitudes fainter than the galaxy.
    expected = ["pure", "unrecognised", "recognised", "recognised", "ignored", "pure"]
    assert label.tolist() == expected
    assert set(label) == set(LABELS)
    assert n_ground.tolist() == [1, 1, 2, 2, 1, 1]
    assert n_space.tolist() == [1, 2, 2, 2, 0, 1]
    deeper = label_objects(
        ground, shapes, np.array(space, float), small, mags, difference=3.0, faintest=24.2
    )
    assert deeper[0][1] == "pure"
    assert deeper[2][5] == 1


def test_sources_of_a_space_image(field):
    _, objects = find_space_objects(field[1])
    assert len(objects) == len(PLACES)
    np.testing.assert_allclose(objects.radius, 0.15, rtol=0.15)
    np.testing.assert_allclose(objects.flux, 6e6, rtol=0.1)


@pytest.mark.parametrize("match", ["wcs", "sources"])
def test_fields_are_aligned(field, match):
    ground, space = field
    space, objects = find_space_objects(space)
    bright = PLACES[: len(ALONE)]
    way = align(ground, bright, space, objects, match)
    places = np.column_stack(way(objects.x, objects.y))
    distance = np.hypot(*(places[:, None] - PLACES[None]).transpose(2, 0, 1)).min(axis=1)
    assert distance.max() < 0.15
    assert way.n_sources == len(ALONE)
    if match == "wcs":
        rough = align(ground, bright, space, objects, match, refine=False)
        assert rough.n_sources == 0
        off = np.column_stack(rough(objects.x, objects.y)) - places
        np.testing.assert_allclose(off, np.tile((1.0, -0.6), (len(objects), 1)), atol=0.1)


def test_moments_come_onto_the_ground_pixels(field):
    ground, space = field
    space, objects = find_space_objects(space)
    way = align(ground, PLACES, space, objects)
    ratio = space.pixel_scale / ground.pixel_scale
    np.testing.assert_allclose(way.moments(objects), ratio**2 * objects.moments, rtol=1e-3)


def test_what_cannot_be_aligned(field):
    ground, space = field
    space, objects = find_space_objects(space)
    with pytest.raises(BadInputError, match="space: it or ground has no WCS"):
        align(ground, PLACES, space.replace(wcs=None), objects)
    with pytest.raises(BadInputError, match="pixel scale"):
        align(ground, PLACES, space.replace(wcs=None, pixel_scale=np.nan), objects, "sources")
    with pytest.raises(BadInputError, match="no sources to align"):
        align(ground, np.zeros((0, 2)), space, objects, "sources")


def test_peaks_against_space(comparison):
    assert comparison.counts.sum() == len(PLACES)
    for name in ("maxima", "sep"):
        mine = comparison.matches[comparison.matches["peakFinder"] == name]
        outcome = np.asarray(mine["outcome"])
        # Of the close two one is missed, and nothing is invented.
        assert np.sum(outcome == "matched") == len(PLACES) - 1
        assert np.sum(outcome == "missed") == 1
        assert np.sum(outcome == "false") == 0
        assert np.nanmax(mine["offset"]) < 0.45


def test_unrecognised_blends(comparison):
    for name in ("maxima", "sep"):
        mine = comparison.labelled[comparison.labelled["peakFinder"] == name]
        by_label = {label: np.sum(mine["label"] == label) for label in LABELS}
        assert by_label["unrecognised"] == 1
        # On the ground the wide two reach into each other, in space they do not: the
        # definition takes them out of the count.
        assert by_label["ignored"] == 2
        assert by_label["pure"] == len(ALONE)
        assert len(mine) == len(PLACES) - 1
        blend = mine[mine["label"] == "unrecognised"][0]
        assert np.hypot(blend["f_x"] - 100, blend["f_y"] - 100.3) < 1


def test_magnitudes_follow_the_ground_without_a_zero_point(field):
    alone = compare_field({"m": local_maxima()}, *field, "drawn", Matching(faintest=10.0))
    assert set(alone.labelled["label"]) == {"ignored"}
    mag = np.asarray(alone.labelled["mag"][alone.labelled["nGround"] == 1], float)
    expected = 27.0 - 2.5 * np.log10(2e6 * SURVEY.counts_per_photon)
    np.testing.assert_allclose(np.sort(mag)[-4:], expected, atol=0.1)


def test_false_peaks_count_against_precision(field):
    def doubled(filtered, pixels):
        """A second peak, 6 pixels to the left of every one."""
        found = local_maxima()(filtered, pixels)
        owner = np.repeat(found.owner, 2)
        x = np.repeat(found.x, 2) - np.tile([0, 6], len(found.x))
        return Found(owner, x, np.repeat(found.y, 2), found.probability, found.unusual)

    compared = compare_field({"doubled": doubled}, *field, "drawn")
    rates = space_rates(compared.matches, compared.labelled)
    whole = rates[rates["bin"] == "all"][0]
    assert whole["recall"] == pytest.approx((len(PLACES) - 1) / len(PLACES))
    assert whole["precision"] == pytest.approx(0.5)
    assert 0 < whole["recallErr"] < 0.25


def test_rates_by_significance(comparison):
    rates = space_rates(comparison.matches, comparison.labelled)
    assert set(rates["bin"]) == {"all", "5-20", "20-100", "100-inf"}
    whole = rates[(rates["bin"] == "all") & (rates["peakFinder"] == "sep")][0]
    parts = [whole[name] for name in ("pure", "recognised", "unrecognised")]
    assert sum(parts) == pytest.approx(1)
    assert whole["unrecognised"] == pytest.approx(1 / (len(ALONE) + 1))
    binned = rates[(rates["bin"] != "all") & (rates["peakFinder"] == "sep")]
    assert binned["nSpace"].sum() == whole["nSpace"]
    assert len(space_rates(comparison.matches[:0], comparison.labelled[:0])) == 0


def test_a_real_field(shared_data):
    from astropy.io import fits

    from meas_blends.data.fits.reader import read_coadd

    folder = shared_data / "real" / "pair_hsc_hst"
    ground = read_coadd(folder / "hsc.fits", 27.0, plane=2)
    ground = ground.replace(psf=fits.getdata(folder / "hsc_psf.fits")[2])
    space = read_coadd(folder / "hst.fits").replace(psf=fits.getdata(folder / "hst_psf.fits"))
    finders = {"gp": classifier("gp_lsst_i"), "maxima": local_maxima(), "sep": plain_sep()}
    compared = compare_field(finders, complete_coadd(ground), space, "COSMOS")
    assert compared.counts.sum() == 4
    rates = space_rates(compared.matches, compared.labelled)
    whole = rates[rates["bin"] == "all"]
    recall = dict(zip(whole["peakFinder"], whole["recall"], strict=True))
    assert recall["gp"] == 1
    assert recall["maxima"] <= 0.75
    blends = dict(zip(whole["peakFinder"], whole["unrecognised"], strict=True))
    assert blends["gp"] == 0
    assert blends["maxima"] > 0.3
