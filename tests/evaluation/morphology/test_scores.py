"""Scores of Gaussian posteriors, whose values are known."""

import numpy as np
import pytest
from astropy.table import vstack
from scipy.special import expit, ndtr

from galaxy_toys import toy_cost, toy_galaxies, toy_outcomes
from meas_blends.data.galaxy_outcome_tables import GALAXY_OUTCOMES, PEER_MEASURED
from meas_blends.evaluation.morphology.coverage import coverage_table
from meas_blends.evaluation.morphology.labels import (
    label_accuracy,
    label_residual_table,
    label_table,
)
from meas_blends.evaluation.morphology.limits import bound_table, component_table
from meas_blends.evaluation.morphology.outcomes import peer_outcomes
from meas_blends.evaluation.morphology.peer_scores import cost_table, peer_table
from meas_blends.evaluation.morphology.residuals import residual_table
from meas_blends.evaluation.morphology.values import modes, pulls
from meas_blends.evaluation.summary import gather


def rows_of(table, **values):
    for name, value in values.items():
        table = table[np.asarray(table[name]) == value]
    return table


@pytest.mark.parametrize("stretch", [0.7, 1.0, 1.5])
def test_coverage_of_posteriors_of_known_width(stretch):
    table = coverage_table(toy_outcomes(6000, stretch=stretch))
    overall = rows_of(table, quantity="all")
    assert len(overall) == 9 and set(overall["nGalaxies"]) == {6000}
    for row in overall:
        width = {68: 1, 95: 2, 99: 3}[int(row["level"])] * stretch
        expected = 100 * (2 * ndtr(width) - 1)
        tolerance = 4 * np.sqrt(expected * (100 - expected) / 6000) + 0.02
        assert row["covered"] == pytest.approx(expected, abs=tolerance)
    assert overall["coveredErr"][0] == pytest.approx(
        100 * np.sqrt(0.6827 * 0.3173 / 6000), rel=1e-3
    )


def test_coverage_in_bins_adds_up():
    outcomes = toy_outcomes(1500)
    table = rows_of(coverage_table(outcomes), target="flux")
    table = table[table["level"] < 70]
    overall = rows_of(table, quantity="all")[0]
    for quantity in ("signalToNoise", "true_bulgeToTotal", "true_halfLightRadius"):
        part = rows_of(table, quantity=quantity)
        assert part["nGalaxies"].sum() == 1500 and len(part) > 4
        together = np.sum(part["nGalaxies"] * part["covered"]) / 1500
        assert together == pytest.approx(overall["covered"], abs=1e-3)


def test_what_was_not_measured_counts_nowhere():
    outcomes = toy_outcomes(300)
    outcomes["measured"][:100] = False
    outcomes["flux_p50"][:100] = np.nan
    assert set(rows_of(coverage_table(outcomes), quantity="all")["nGalaxies"]) == {200}
    assert np.isfinite(residual_table(outcomes)["rms"]).all()


def test_residuals_of_known_scatter():
    outcomes = toy_outcomes(4000)
    for name in ("true_flux", "flux_p50", "flux_p15865", "flux_p84135"):
        outcomes[name] = 100.0
    rng = np.random.default_rng(1)
    outcomes["flux_p50"] = 100 * (1.02 + 0.1 * rng.standard_normal(4000))
    outcomes["flux_p15865"] = outcomes["flux_p50"] * 0.98
    outcomes["flux_p84135"] = outcomes["flux_p50"] * 1.02
    row = rows_of(residual_table(outcomes), quantity="all", target="flux", value="median")[0]
    assert row["bias"] == pytest.approx(0.02, abs=3 * float(row["biasErr"]))
    assert row["biasErr"] == pytest.approx(1.2533 * 0.1 / np.sqrt(4000), rel=0.1)
    assert row["scatter"] == pytest.approx(0.1, rel=0.05)
    assert row["rms"] == pytest.approx(np.hypot(0.02, 0.1), rel=0.05)
    assert row["width"] == pytest.approx(0.02, rel=1e-4)
    # Farther off than five widths of 0.02, from a Gaussian of 0.1 around 0.02.
    assert row["outliers"] == pytest.approx(0.33, abs=0.04)


def test_modes_are_where_the_densities_are_highest():
    outcomes = toy_outcomes(1)[[0, 0, 0]]
    mean, sigma = np.array([0.3, -2.0, 0.5]), np.array([0.1, 0.5, 1.2])
    for suffix, z in (("p15865", -1), ("p50", 0), ("p84135", 1)):
        outcomes[f"bulgeToTotal_{suffix}"] = expit(mean + z * sigma)
        outcomes[f"halfLightRadius_{suffix}"] = np.exp(mean + z * sigma)
        outcomes[f"flux_{suffix}"] = np.exp(mean + z * sigma)
    found = modes(outcomes)
    np.testing.assert_allclose(found[:, 1], np.exp(mean - sigma**2), rtol=1e-4)
    share = np.linspace(0.001, 0.999, 9981)
    odds = np.log(share / (1 - share))
    for k in range(3):
        density = -0.5 * ((odds - mean[k]) / sigma[k]) ** 2 - np.log(share * (1 - share))
        assert found[k, 0] == pytest.approx(share[np.argmax(density)], abs=0.006)


def test_confusion_of_labels():
    outcomes = toy_outcomes(6)
    outcomes["true_bulgeToTotal"] = [0.0, 0.05, 0.5, 0.9, 1.0, 0.84]
    outcomes["bulgeToTotal_p50"] = [0.02, 0.2, 0.5, 0.86, 0.05, 0.85]
    outcomes["psf_fwhm"] = 0.7
    outcomes["true_halfLightRadius"] = [0.3, 0.6, 0.8, 1.0, 2.0, 3.0]
    outcomes["halfLightRadius_p50"] = [0.3, 0.8, 0.6, 1.0, 2.0, 3.0]
    labels = label_table(outcomes)
    wrong = rows_of(labels, trueLabel="highly bulge-dominated", givenLabel="highly disk-dominated")[
        0
    ]
    assert wrong["nGalaxies"] == 1 and wrong["fraction"] == pytest.approx(0.5)
    assert labels["nGalaxies"].sum() == 12
    assert label_accuracy(labels, "toy", "label") == (4, 0.5, 0.25)
    assert label_accuracy(labels, "toy", "radiusLabel") == (2, 0.5, 0.0)


def test_what_labels_take_out():
    outcomes = toy_outcomes(6)
    outcomes["true_bulgeToTotal"] = [0.0, 0.2, 0.5, 0.9, 1.0, 0.4]
    outcomes["bulgeToTotal_p50"] = [0.05, 0.3, 0.4, 0.86, 0.1, 0.5]
    outcomes["psf_fwhm"] = 0.7
    outcomes["true_halfLightRadius"] = 1.0
    outcomes["halfLightRadius_p50"] = [0.6, 0.5, 0.7, 1.1, 1.1, 0.9]
    table = label_residual_table(outcomes, below_seeing=1.0)
    share = rows_of(table, target="bulgeToTotal")
    assert share["galaxies"].tolist() == ["all", "unlabelled"]
    assert share["nGalaxies"].tolist() == [6, 3]
    np.testing.assert_allclose(share["rms"], [np.sqrt((0.0025 + 0.03 + 0.0016 + 0.81) / 6), 0.1])
    assert share["low"][0] == pytest.approx(0.1) and share["high"][0] == pytest.approx(0.85)
    radius = rows_of(table, target="halfLightRadius")
    assert radius["nGalaxies"].tolist() == [6, 4]
    assert radius["mean"][1] == pytest.approx(-0.05) and np.isinf(radius["high"]).all()


def test_pulls_of_log_normal_posteriors_are_symmetric():
    outcomes = toy_outcomes(4)
    wide = np.exp([-1.0, 0.0, 1.0])
    for suffix, factor in zip(("p15865", "p50", "p84135"), wide, strict=True):
        outcomes[f"flux_{suffix}"] = 100.0 * factor
    outcomes["flux_p00135"] = 0.0
    outcomes["true_flux"] = 100.0 * np.exp([-2.0, -1.0, 1.0, 2.0])
    np.testing.assert_allclose(pulls(outcomes)[:, 2], [2, 1, -1, -2], rtol=1e-5)


def test_scatter_over_the_bound():
    outcomes = toy_outcomes(6000)
    table = rows_of(bound_table(outcomes), quantity="all")
    assert (table["nGalaxies"] == np.sum(outcomes["component"] == "double")).all()
    for target in ("halfLightRadius", "flux"):
        row = rows_of(table, target=target)[0]
        assert row["robust"] == pytest.approx(1, abs=4 * float(row["robustErr"]))
        assert row["rms"] == pytest.approx(1, abs=4 * float(row["rmsErr"]))
        assert row["outliers"] == 0
    outcomes["boundLogFlux"] /= 3
    row = rows_of(bound_table(outcomes), quantity="all", target="flux")[0]
    assert row["rms"] == pytest.approx(3, rel=0.05)
    assert row["outliers"] == pytest.approx(2 * ndtr(-5 / 3), abs=0.02)


def test_no_bound_no_row():
    outcomes = toy_outcomes(50)
    for name in ("boundBulgeToTotal", "boundLogRadius", "boundLogFlux"):
        outcomes[name] = np.nan
    assert len(bound_table(outcomes)) == 0


def test_bias_of_galaxies_with_one_component():
    table = rows_of(component_table(toy_outcomes(6000, bias=0.4)), quantity="all")
    for component in ("disk", "bulge", "double"):
        for target in ("halfLightRadius", "flux"):
            row = rows_of(table, component=component, target=target)[0]
            assert row["pull"] == pytest.approx(0.4, abs=5 * float(row["pullErr"]) + 0.02)


def test_peers_on_the_same_galaxies():
    galaxies = toy_galaxies(200)
    first = galaxies[:50]
    row = {"galaxyId": first["galaxyId"], "method": "peer", "bulgeToTotal": np.nan}
    row |= {"halfLightRadius": 1.1 * first["halfLightRadius"], "flux": 0.9 * first["flux"]}
    row |= {"seconds": 0.25, "version": "1", "flags": 0}
    measured = PEER_MEASURED.make(row)
    outcomes = vstack([toy_outcomes(200), peer_outcomes(galaxies, None, measured)])
    costs = cost_table({"toy": [toy_cost(0.02), toy_cost(0.01)]})
    table = peer_table(
        gather([outcomes], GALAXY_OUTCOMES), gather([measured], PEER_MEASURED), costs
    )
    overall = rows_of(table, quantity="all")
    assert set(overall["nGalaxies"]) == {50}
    binned = rows_of(table, quantity="signalToNoise", method="peer", target="flux")
    assert binned["nGalaxies"].sum() == 50 and len(binned) == 5
    assert np.isfinite(binned["scatter"]).all() and (binned["failed"] == 0).all()
    table = overall
    # It says nothing of B/T.
    assert rows_of(table, method="peer")["target"].tolist() == ["halfLightRadius", "flux"]
    peer = rows_of(table, method="peer", target="flux")[0]
    assert peer["bias"] == pytest.approx(-0.1) and peer["scatter"] == pytest.approx(0, abs=1e-6)
    assert peer["seconds"] == 0.25
    assert rows_of(table, method="toy")["seconds"][0] == pytest.approx(0.01)
    assert costs["nGalaxies"][0] == 20


def test_a_bin_whose_galaxies_all_fail_keeps_its_row():
    galaxies = toy_galaxies(60)
    row = {"galaxyId": galaxies["galaxyId"], "method": "peer", "bulgeToTotal": np.nan}
    row |= {"halfLightRadius": galaxies["halfLightRadius"], "flux": galaxies["flux"]}
    faint = np.asarray(galaxies["signalToNoise"]) < 20
    row |= {"seconds": 0.25, "version": "1", "flags": faint.astype(int)}
    measured = PEER_MEASURED.make(row)
    outcomes = vstack([toy_outcomes(60), peer_outcomes(galaxies, None, measured)])
    costs = cost_table({"toy": [toy_cost()]})
    table = peer_table(
        gather([outcomes], GALAXY_OUTCOMES), gather([measured], PEER_MEASURED), costs
    )
    first = rows_of(table, method="peer", target="flux", quantity="signalToNoise")[0]
    assert first["high"] == 20 and first["nGalaxies"] == faint.sum()
    assert first["failed"] == 1 and np.isnan(first["scatter"])
