"""Limits of pairs as a task."""

import numpy as np
import pytest
from lsst.pipe.base import testUtils

from evaluation_scene import evaluation_scene
from meas_blends.data.outcome_tables import PAIR_LIMITS
from meas_blends.detection.complete import complete_coadd
from meas_blends.errors import BadInputError
from meas_blends.tasks.limit_pairs import LimitPairsTask


def run(task=None, **changes):
    scene = evaluation_scene()
    inputs = {name: scene[name] for name in ("coadd", "spans", "truth")}
    return (task or LimitPairsTask()).run(**{**inputs, **changes}).limits


def test_connections():
    testUtils.lintConnections(LimitPairsTask.ConfigClass.ConnectionsClass)


def test_one_row_a_footprint_with_two_galaxies():
    limits = run()
    PAIR_LIMITS.check(limits)
    labels = evaluation_scene()["labels"]
    pairs = labels["footprintId"][labels["nObjects"] == 2]
    np.testing.assert_array_equal(limits["footprintId"], pairs)
    assert (limits["sqrtDeltaChi2"] >= 0).all()
    assert (limits["fluxRatio"] <= 1).all()
    # Galaxies far apart are told from one more easily than close ones.
    far = limits["separation"] > np.median(limits["separation"])
    assert np.median(limits["sqrtDeltaChi2"][far]) > np.median(limits["sqrtDeltaChi2"][~far])


def test_it_falls_with_the_noise():
    coadd = evaluation_scene()["coadd"]
    # Once completed, a coadd's variance is believed.
    noisier = complete_coadd(coadd)
    noisier = noisier.replace(variance=4 * noisier.variance)
    np.testing.assert_allclose(
        run(coadd=noisier)["sqrtDeltaChi2"], run()["sqrtDeltaChi2"] / 2, rtol=0.03, atol=0.05
    )


def test_the_scatter_may_count_as_noise():
    config = LimitPairsTask.ConfigClass()
    assert config.filtering.noise == "variance"
    config.filtering.noise = "scatter"
    limits, stricter = run(), run(LimitPairsTask(config=config))
    clear = limits["sqrtDeltaChi2"] > 1
    ratio = stricter["sqrtDeltaChi2"][clear] / limits["sqrtDeltaChi2"][clear]
    assert (ratio < 1.0).all()
    assert np.ptp(ratio) < 0.1


def test_a_coadd_without_calibration():
    coadd = evaluation_scene()["coadd"].replace(zero_point=float("nan"))
    with pytest.raises(BadInputError, match="zero point"):
        run(coadd=coadd)
