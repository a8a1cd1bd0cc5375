from pathlib import Path

import pytest

from meas_blends.run.levels import Level
from meas_blends.run.patches import group_patches
from meas_blends.run.places import make_places
from meas_blends.run.units import scene_units
from meas_blends.run.workspace import Workspace


@pytest.fixture
def places():
    """Two patches of two bands each."""
    return make_places(Path("out"), *group_patches(scene_units(2, "gr")))


def names(places):
    return [place.unit.name for place in places]


def test_images_lie_in_patches_and_patches_in_the_run(places):
    (whole,) = places[Level.RUN]
    first, second = places[Level.PATCH]
    assert names(first.inside) == ["scene_000_g", "scene_000_r"]
    assert first.around == [whole]
    assert names(places[Level.IMAGE][2].around) == ["scene_001", "the run"]
    assert names(whole.inside) == [
        "scene_000_g",
        "scene_000_r",
        "scene_001_g",
        "scene_001_r",
        "scene_000",
        "scene_001",
    ]
    assert second.result.folder == Path("out/scene_001")


def test_without_patches_images_lie_in_the_run():
    places = make_places(Path("out"), scene_units(2), [])
    assert names(places[Level.IMAGE][1].around) == ["the run"]
    assert places[Level.PATCH] == []


def test_a_task_reads_its_own_place_what_lies_in_it_and_around_it(places, tmp_path):
    for place in (place for level in Level for place in places[level]):
        place.space = Workspace(tmp_path / place.unit.name, {})

    def folders(place):
        return {
            level: [space.folder.name for space in spaces]
            for level, spaces in place.stores().items()
        }

    (whole,) = places[Level.RUN]
    first, second = places[Level.PATCH]
    assert folders(first) == {
        Level.IMAGE: ["scene_000_g", "scene_000_r"],
        Level.PATCH: ["scene_000"],
        Level.RUN: ["the run"],
    }
    assert folders(first.inside[0])[Level.IMAGE] == ["scene_000_g"]
    assert folders(first.inside[0])[Level.PATCH] == ["scene_000"]
    # A patch that failed takes its images with it.
    second.result.error = "no light."
    assert folders(whole)[Level.IMAGE] == ["scene_000_g", "scene_000_r"]
    assert folders(whole)[Level.PATCH] == ["scene_000"]
    assert not second.inside[0].is_usable
