"""Refinement of the galaxies of Ghosh et al. (2022), Table 1, in HSC; run with ``-m slow``.

It takes some six minutes: ``pytest -m slow -s tests/benchmarks/test_refinement_table1.py``.
"""

import numpy as np
import pytest

from meas_blends.data.packages import MORPHOLOGY_COMPACT, find_package
from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.galaxies import GalaxySample
from meas_blends.morphology.populations import Table1, draw_galaxies
from meas_blends.morphology.posterior import to_physical, to_transformed
from meas_blends.morphology.refinement.bounds import bounds
from meas_blends.morphology.refinement.refine import refine
from meas_blends.morphology.refinement.settings import RefinementSettings
from meas_blends.morphology.rendering.psf import PsfTransform
from meas_blends.morphology.simulate import SimulatedStamps, StampSimulator
from meas_blends.simulation.survey import Survey

CONDITIONS = Conditions.of_survey(Survey.named("hsc_g"), (0.55, 1.05), (0.0, 0.3))


def draw(estimator: CompactEstimator, n: int) -> tuple[GalaxySample, SimulatedStamps]:
    rng = np.random.default_rng(20272)
    sample = draw_galaxies(rng, n, Table1(), CONDITIONS)
    return sample, StampSimulator(Table1(), CONDITIONS, estimator.stamp_size).observe(rng, sample)


@pytest.mark.slow
def test_bright_galaxies_are_measured_nearly_as_well_as_can_be():
    estimator = CompactEstimator.from_package(find_package("compact_hsc", MORPHOLOGY_COMPACT))
    sample, stamps = draw(estimator, 400)
    prediction = estimator.predict(stamps)
    found = refine(
        stamps.images,
        stamps.usable,
        stamps.noise_correlation,
        PsfTransform.kolmogorov(stamps.psf_fwhm),
        prediction.posterior,
        prediction.signal_to_noise,
        RefinementSettings(prior=estimator.prior, sky_electrons=CONDITIONS.sky_electrons[0]),
    ).recalibrated(estimator.refined_calibration, prediction.signal_to_noise)
    limit = bounds(sample, stamps.truth[:, 2], estimator.stamp_size, estimator.prior)
    two, truth = (sample.bulge_to_total > 0) & (sample.bulge_to_total < 1), stamps.truth
    print(f"\n{found.fitted.mean():.1%} fitted")
    typical = {}
    for name, posterior in (("network", prediction.posterior), ("refined", found.posterior)):
        error = to_physical(posterior.quantiles[:, :, 3]) - truth
        error[:, 1:] /= truth[:, 1:]
        typical[name], ratio = (
            np.quantile(np.abs(error), 0.6827, axis=0),
            np.abs(error / limit)[two],
        )
        print(name, "typical error", typical[name].round(5))
        print(
            "over the bound: robust",
            (1.4826 * np.median(ratio, axis=0)).round(2),
            "rms",
            np.sqrt((ratio**2).mean(axis=0)).round(2),
            "beyond five",
            (ratio > 5).mean(axis=0).round(3),
        )
        for k in (1, 2, 3):
            ends = posterior.quantiles[:, :, 3 - k], posterior.quantiles[:, :, 3 + k]
            true = to_transformed(truth)
            print("covered", (100 * ((ends[0] <= true) & (true <= ends[1])).mean(axis=0)).round(1))
    assert found.fitted.mean() > 0.97
    assert (typical["refined"] < 0.3 * typical["network"]).all()
