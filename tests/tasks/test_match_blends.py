"""Matching as a task."""

import numpy as np
import pytest
from lsst.pipe.base import testUtils

from evaluation_scene import evaluation_scene
from meas_blends.data.outcome_tables import OUTCOMES, PLACES
from meas_blends.errors import BadInputError
from meas_blends.tasks.match_blends import MatchBlendsTask


def configured(**changes):
    config = MatchBlendsTask.ConfigClass()
    config.finders = ["local_maxima", "mine"]
    for name, value in changes.items():
        setattr(config, name, value)
    config.validate()
    return config


def run(config, scene=None, **changes):
    scene = scene or evaluation_scene()
    inputs = {name: scene[name] for name in ("labels", "spans", "truth")}
    for finder in ("local_maxima", "mine"):
        inputs[f"classification_{finder}"] = scene["classification"]
        inputs[f"peaks_{finder}"] = scene["peaks"]
    return MatchBlendsTask(config=config).run(**{**inputs, **changes})


def test_connections():
    testUtils.lintConnections(MatchBlendsTask.ConfigClass.ConnectionsClass)


def test_each_finder_adds_two_inputs():
    config = configured()
    connections = config.connections.ConnectionsClass(config=config)
    assert connections.classification_mine.name == "mine_blend_classification"
    assert connections.peaks_mine.name == "mine_blend_peaks"
    assert "classification_gp" not in connections.inputs
    assert connections.dimensions >= {"patch", "band"}


def test_over_bands_nothing_is_of_one_band():
    config = configured(over_bands=True)
    connections = config.connections.ConnectionsClass(config=config)
    assert "band" not in connections.dimensions
    for name in (*connections.inputs, *connections.outputs):
        assert "band" not in getattr(connections, name).dimensions


def test_outcomes_and_places_of_a_scene():
    scene = evaluation_scene()
    result = run(configured())
    OUTCOMES.check(result.outcomes)
    PLACES.check(result.places)
    labelled = scene["labels"][scene["labels"]["nObjects"] > 0]
    for finder in ("local_maxima", "mine"):
        rows = result.outcomes[result.outcomes["peakFinder"] == finder]
        np.testing.assert_array_equal(rows["footprintId"], labelled["footprintId"])
        np.testing.assert_array_equal(rows["nObjects"], labelled["nObjects"])
        places = result.places[result.places["peakFinder"] == finder]
        assert np.sum(places["galaxyId"] > 0) == labelled["nObjects"].sum()
        assert np.nanmax(places["offset"]) <= 0.5
    # Most galaxies that are alone in their footprint are found.
    assert np.mean(places["galaxyId"] * places["peakId"] > 0) > 0.6


def test_peaks_match_at_the_pixel_scale_of_the_scene():
    scene = dict(evaluation_scene())
    peaks = scene["peaks"].copy()
    galaxy = scene["truth"][0]
    peaks["f_x"] += 3.0  # 0.6 arcsec
    found = run(configured(), classification_mine=scene["classification"], peaks_mine=peaks)
    mine = found.places[found.places["peakFinder"] == "mine"]
    near = found.places[found.places["peakFinder"] == "local_maxima"]
    assert np.isfinite(mine["offset"]).sum() < 0.3 * np.isfinite(near["offset"]).sum()
    assert np.isfinite(galaxy["coord_ra"])


def test_without_sky_coordinates_the_pixel_scale_must_be_given():
    scene = dict(evaluation_scene())
    scene["truth"] = scene["truth"].copy()
    scene["truth"]["coord_ra"] = np.nan
    with pytest.raises(BadInputError, match="set pixel_scale"):
        run(configured(), scene)
    given = run(configured(pixel_scale=0.2), scene)
    np.testing.assert_allclose(
        given.places["offset"], run(configured()).places["offset"], rtol=1e-3
    )


def test_names_that_cannot_be():
    with pytest.raises(BadInputError, match="twice"):
        configured(finders=["gp", "gp"])
    with pytest.raises(ValueError, match="finders"):
        configured(finders=["not a name"])
