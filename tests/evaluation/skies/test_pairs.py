"""Injected pairs, with peak finders that know everything or nothing."""

import galsim
import numpy as np
import pytest

from meas_blends.evaluation.skies.finders import Found, local_maxima
from meas_blends.evaluation.skies.pairs import pairs
from meas_blends.evaluation.skies.rates import pair_rates
from meas_blends.evaluation.skies.templates import make_template
from meas_blends.simulation.survey import Survey
from sky_toys import space_galaxy

SURVEY = Survey.named("lsst_i")


@pytest.fixture(scope="module")
def templates():
    profile = galsim.Exponential(half_light_radius=0.25)
    return [make_template(space_galaxy(profile, name)) for name in ("4", "42", "8")]


def run(finders, templates, **changes):
    settings = {"separation": (1.0, 3.0), "ratio": (1.0,), "samples": ("real",), "references": ()}
    return pairs(finders, templates, SURVEY, **{**settings, **changes})


def test_local_maxima_find_what_is_far_apart(templates):
    table = run({"m": local_maxima()}, templates)
    assert len(table) == 2 * 3
    far, near = (table[table["separation"] == apart] for apart in (3.0, 1.0))
    assert set(far["nFound"]) == {2}
    assert np.max(far["offset"]) < 0.1
    assert np.max(far["companionOffset"]) < 0.1
    assert np.max(near["nFound"]) <= 1
    assert np.all(table["nFalse"] == table["nPeaks"] - table["nFound"])
    assert np.isnan(table["blendProbability"]).all()


def test_pairs_are_of_one_half(templates):
    table = run({"m": local_maxima()}, templates, separation=(3.0,), repeats=3)
    partners = {(str(row["galaxy"]), str(row["companion"])) for row in table}
    # "8" is alone in its half and goes with itself.
    assert partners == {("4", "42"), ("42", "4"), ("8", "8")}


def test_flux_ratio_is_of_photons(templates):
    lights = []

    def keep(filtered, pixels):
        lights.append(filtered.coadd.image.sum())
        return local_maxima()(filtered, pixels)

    run({"m": keep}, templates, separation=(3.0,), ratio=(1.0, 0.25), snr=(1000.0,))
    assert lights[0] / lights[1] == pytest.approx(2 / 1.25, rel=0.05)


def test_peaks_between_two_stand_for_neither(templates):
    def between(filtered, pixels):
        """One peak in the middle of each footprint's pixels."""
        nx = filtered.coadd.shape[1]
        y, x = np.divmod(pixels.flat, nx)
        number = np.diff(pixels.first)
        middle = (pixels.reduce(np.add, one) / number for one in (x, y))
        n = len(number)
        return Found(np.arange(n), *middle, np.full(n, 0.5), np.zeros(n, bool))

    table = run({"between": between}, templates, separation=(0.9,))
    assert np.max(table["nFound"]) <= 1
    rates = pair_rates(table, by_half=False)
    assert rates["completeness"][0] == pytest.approx(np.mean(table["nFound"]) / 2)
    assert rates["blended"][0] == 0
    assert rates["blendProbability"][0] == pytest.approx(0.5)
    assert rates["nPairs"][0] == 3


def test_galaxies_too_small_for_a_size_make_no_pairs(templates):
    assert len(run({"m": local_maxima()}, templates, radius=(5.0,))) == 0
    assert len(pair_rates(run({"m": local_maxima()}, [], radius=(0.3,)))) == 0
