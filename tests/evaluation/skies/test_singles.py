"""Single galaxies drawn from the ground, with peak finders whose answers are known."""

import galsim
import numpy as np
import pytest
from astropy.table import vstack

from meas_blends.evaluation.skies.bootstrap import bootstrap
from meas_blends.evaluation.skies.drawing import (
    cell_side,
    draw_profile,
    make_mosaic,
    scaled_to,
)
from meas_blends.evaluation.skies.finders import Found, classifier, local_maxima, plain_sep
from meas_blends.evaluation.skies.kept_flux import kept_shares
from meas_blends.evaluation.skies.rates import rate_text, single_rates
from meas_blends.evaluation.skies.singles import singles, singles_in_image
from meas_blends.evaluation.skies.templates import make_template
from meas_blends.simulation.survey import Survey
from sky_toys import space_galaxy

SURVEY = Survey.named("lsst_i")


def always(number, probability=0.25):
    """Puts so many peaks into each footprint, side by side about its brightest pixel."""

    def find(filtered, pixels):
        flat = [
            pixels.flat[a:b][np.argmax(filtered.smoothed.ravel()[pixels.flat[a:b]])]
            for a, b in zip(pixels.first[:-1], pixels.first[1:], strict=True)
        ]
        y, x = np.divmod(np.array(flat), filtered.smoothed.shape[1])
        n = len(flat)
        owner = np.repeat(np.arange(n), number)
        step = np.tile(np.arange(number) - (number - 1) / 2, n)
        known = np.full(n, probability), np.zeros(n, bool)
        return Found(owner, np.repeat(x, number) + step, np.repeat(y, number), *known)

    return find


@pytest.fixture(scope="module")
def templates():
    profile = galsim.Exponential(half_light_radius=0.25)
    return [make_template(space_galaxy(profile, name)) for name in ("4", "8")]


def test_scaled_light_has_the_significance_that_was_asked_for():
    side = cell_side(SURVEY, 0.5)
    assert side % 2 == 0
    assert side * SURVEY.pixel_scale >= 8.5
    cell = scaled_to(draw_profile(galsim.Exponential(0.3), SURVEY, side), SURVEY, 50.0)
    assert np.unravel_index(cell.argmax(), cell.shape) == (side // 2, side // 2)
    noise = np.sqrt(SURVEY.sky_level) * np.random.default_rng(1).standard_normal((400, side, side))
    flux = np.tensordot(noise + cell, cell, 2) / np.sum(cell**2)
    assert flux.mean() / flux.std() == pytest.approx(50, rel=0.1)


def test_cells_of_a_mosaic_lie_where_it_says():
    cells = [np.zeros((20, 20)) for _ in range(5)]
    for k, cell in enumerate(cells):
        cell[10, 10] = 1e8 * (k + 1)
    mosaic = make_mosaic(cells, SURVEY, np.random.default_rng(1), "five")
    assert mosaic.coadd.shape == (40, 60)
    at = mosaic.light[mosaic.y, mosaic.x] / SURVEY.counts_per_photon
    np.testing.assert_allclose(at, 1e8 * np.arange(1, 6), rtol=1e-5)


def test_finders_whose_answers_are_known(templates):
    table = singles(
        {"one": always(1), "three": always(3)},
        templates,
        SURVEY,
        snr=(100.0,),
        radius=(0.3, 0.5),
        references=("sersic n=1", "star"),
        repeats=2,
    )
    assert table["detected"].all()
    one, three = (table[table["peakFinder"] == name] for name in ("one", "three"))
    assert set(one["nPeaks"]) == {1}
    assert set(three["nPeaks"]) == {3}
    assert np.all(one["mainFlux"] == 1)
    assert np.all((three["mainFlux"] > 0.3) & (three["mainFlux"] < 0.9))
    # The brightest pixel is within a pixel of the centre, noise aside.
    assert np.quantile(one["offset"], 0.9) < 0.2
    assert set(one["sample"]) == {"real", "twin", "sersic n=1", "star"}
    real = one[one["sample"] == "real"]
    assert len(real) == 2 * 2 * 2
    assert {(row["galaxy"], row["half"]) for row in real} == {("4", "choose"), ("8", "held")}
    assert set(one["radius"][one["sample"] == "star"]) == {0.0}


def test_the_same_seed_gives_the_same_table(templates):
    first, second = (
        singles({"m": local_maxima()}, templates[:1], SURVEY, snr=(50.0,), radius=(0.5,), seed=3)
        for _ in range(2)
    )
    assert first.pformat(max_lines=-1) == second.pformat(max_lines=-1)


def test_templates_are_not_stretched_beyond_their_resolution(templates):
    table = singles(
        {"one": always(1)}, templates, SURVEY, snr=(50.0,), radius=(2.0,), references=()
    )
    assert len(table) == 0


def test_known_profiles_are_single_to_local_maxima_and_sep():
    finders = {"local_maxima": local_maxima(), "sep": plain_sep()}
    names = ("sersic n=1", "star")
    table = singles(finders, [], SURVEY, snr=(300.0,), radius=(0.5,), references=names)
    assert len(table) == 2 * 2 * 4 * 2
    assert set(table["nPeaks"]) == {1}
    assert np.median(table["offset"]) < 0.05
    assert np.max(table["offset"]) < 0.25


def test_a_classifier_is_a_function_of_its_package():
    finders = {
        "gp": classifier("gp_lsst_i"),
        "never": classifier("gp_lsst_i", peak_probability=2.0),
    }
    names = ("sersic n=1 cut at 2 Re",)
    table = singles(finders, [], SURVEY, snr=(300.0,), radius=(0.5,), references=names, repeats=1)
    gp, never = (table[table["peakFinder"] == name] for name in finders)
    assert set(never["nPeaks"]) == {1}
    np.testing.assert_array_equal(gp["blendProbability"], never["blendProbability"])
    assert np.all((gp["blendProbability"] > 0) & (gp["blendProbability"] < 1))
    assert np.all((gp["nPeaks"] > 1) == (gp["mainFlux"] < 1))


def test_images_of_singles_count_a_galaxy_a_footprint():
    cell = scaled_to(draw_profile(galsim.Exponential(0.5), SURVEY, 64), SURVEY, 200.0)
    mosaic = make_mosaic([cell] * 4, SURVEY, np.random.default_rng(2), "four")
    table = singles_in_image({"one": always(1), "two": always(2)}, mosaic.coadd, "smooth")
    assert len(table) == 8
    assert table["snr"] == pytest.approx(np.full(8, 200.0), rel=0.1)
    assert table["seeing"][0] == pytest.approx(0.75, abs=0.1)
    assert set(table["nPeaks"][table["peakFinder"] == "two"]) == {2}
    assert str(table["galaxy"][0]) == "four (32, 32)"


def test_light_is_shared_by_symmetry():
    y, x = np.indices((41, 61)).astype(float)
    inside = np.ones(x.shape, bool)

    def bell(at, flux):
        return flux * np.exp(-((x - at) ** 2 + (y - 20) ** 2) / 18)

    assert kept_shares(bell(30, 1), inside, np.array([30.0]), np.array([20.0])) == [1]
    two = bell(15, 3) + bell(45, 1)
    at = np.array([15.0, 45.0]), np.array([20.0, 20.0])
    np.testing.assert_allclose(kept_shares(two, inside, *at), [0.75, 0.25], atol=1e-4)
    # A galaxy cut in two by peaks on either side of its centre.
    cut = kept_shares(bell(30, 1), inside, np.array([28.0, 32.0]), np.array([20.0, 20.0]))
    np.testing.assert_allclose(cut, [0.5, 0.5], atol=1e-6)
    assert np.isnan(kept_shares(-two, inside, *at)).all()


def test_bootstrap_gives_the_error_of_a_share():
    rng = np.random.default_rng(5)
    hits = rng.random(400) < 0.3
    error = bootstrap(np.arange(400), lambda rows: hits[rows].mean(), number=500)
    assert error == pytest.approx(np.sqrt(0.21 / 400), rel=0.15)
    # Ten draws of each galaxy that are all alike tell no more than one does.
    error = bootstrap(
        np.repeat(np.arange(40), 10), lambda rows: np.repeat(hits[:40], 10)[rows].mean(), number=500
    )
    assert error == pytest.approx(np.sqrt(0.21 / 40), rel=0.25)
    assert np.isnan(bootstrap(np.zeros(5), lambda rows: 1.0))


def test_rates_in_bins(templates):
    table = singles({"one": always(1)}, templates, SURVEY, snr=(50.0, 100.0), radius=(0.5,))
    other = table.copy()
    other["nPeaks"][other["half"] == "held"] = 2
    other["peakFinder"] = "some"
    rates = single_rates(vstack([table, other]))
    some = rates[rates["peakFinder"] == "some"]
    assert set(some["falseBlends"][some["half"] == "held"]) == {1}
    assert set(some["falseBlends"][some["half"] == "choose"]) == {0}
    assert set(rates["falseBlends"][rates["peakFinder"] == "one"]) == {0}
    assert set(rates["snr"]) == {50, 100}
    together = single_rates(other, by_half=False)
    assert set(together["falseBlends"][together["sample"] == "real"]) == {0.5}
    text = rate_text(rates)
    assert "some: share with more than one peak" in text
    assert len(single_rates(table[:0])) == 0
