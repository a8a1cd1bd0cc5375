"""Refined posteriors of galaxies with structure, and of those without; run with ``-m slow``.

It prints the tables: ``pytest -m slow -s tests/benchmarks/test_misfit.py``.
"""

import numpy as np
import pytest

from meas_blends.data.morphology_tables import MORPHOLOGY_TARGETS
from meas_blends.data.packages import MORPHOLOGY_COMPACT, find_package
from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.populations import LogUniform
from meas_blends.morphology.refinement.drawn import refine_drawn
from meas_blends.morphology.refinement.settings import RefinementSettings
from meas_blends.morphology.simulate import StampSimulator
from meas_blends.morphology.structured import StructuredGalaxies, StructuredSimulator

SIGNAL, BINS = (10.0, 3000.0), [(10.0, 30.0), (30.0, 100.0), (100.0, 300.0), (300.0, 1000.0)]
BINS += [(1000.0, 3000.0)]
CONDITIONS = Conditions(neighbour_share=0.0, border_share=0.0)


@pytest.fixture(scope="module", params=["plain", "structured"])
def measured(request):
    """Galaxies of one kind, refined as shipped, before and after they were widened."""
    estimator = CompactEstimator.from_package(find_package("compact_lsst", MORPHOLOGY_COMPACT))
    simulator = {
        "plain": StampSimulator(LogUniform(signal_to_noise=SIGNAL), CONDITIONS, 64),
        "structured": StructuredSimulator(
            StructuredGalaxies(signal_to_noise=SIGNAL), CONDITIONS, 64
        ),
    }[request.param]
    settings = RefinementSettings(prior=estimator.prior)
    rng = np.random.default_rng(20261201)
    known, refined = refine_drawn(estimator, simulator, rng, 1500, settings)
    before = refined.recalibrated(estimator.refined_calibration, known.aperture)
    return request.param, known, before, before.widened(estimator.misfit)


def shares(refined, truth, rows):
    """Per cent inside the 68.27% and the 95.45% interval, for the three targets."""
    q, t = refined.posterior.quantiles[rows], truth[rows]
    return [100 * ((q[:, :, 3 - k] <= t) & (t <= q[:, :, 3 + k])).mean(axis=0) for k in (1, 2)]


@pytest.mark.slow
def test_intervals_cover_in_every_bin(measured):
    kind, known, before, after = measured
    print()
    for low, high in BINS:
        signal = known.signal_to_noise
        rows = after.fitted & (signal >= low) & (signal < high)
        width = [
            0.5 * np.median((part.quantiles[:, :, 4] - part.quantiles[:, :, 2])[rows], axis=0)
            for part in (before.posterior, after.posterior)
        ]
        was, now = shares(before, known.truth, rows), shares(after, known.truth, rows)
        for i, (name, _, _) in enumerate(MORPHOLOGY_TARGETS):
            print(
                f"{kind}, S/N {low:g}-{high:g} ({rows.sum()}) {name}:"
                f" {was[0][i]:.0f} / {was[1][i]:.0f} -> {now[0][i]:.0f} / {now[1][i]:.0f},"
                f" half width {width[0][i]:.4f} -> {width[1][i]:.4f}"
            )
        # 60 to 76% and 90 to 98%, and two errors of a share of so many galaxies.
        one, two = (200 * np.sqrt(share * (1 - share) / rows.sum()) for share in (0.68, 0.95))
        assert (now[0][1:] > 60 - one).all() and (now[0][1:] < 76 + one).all()
        assert (now[1][1:] > 90 - two).all() and (now[1][1:] < 98 + two).all()


@pytest.mark.slow
def test_misfit_is_flagged_where_there_is_structure(measured):
    kind, known, _, after = measured
    flagged = after.residuals.significance > 5
    rows = after.fitted & (known.signal_to_noise > 300)
    print(f"\n{kind}: {flagged[rows].mean():.1%} flagged")
    if kind == "plain":
        assert flagged[after.fitted].mean() < 0.005
    else:
        assert flagged[rows].mean() > 0.25
