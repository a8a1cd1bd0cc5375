"""Random streams: what bands share, and what they do not."""

import pytest

from meas_blends.simulation.streams import scene_streams

SKY = ("variation", "galaxies", "stars")
VIEW = ("conditions", "noise")


def _first(seed: int, scene: int, band: str) -> dict[str, float]:
    streams = scene_streams(seed, scene, band)
    return {name: getattr(streams, name).random() for name in SKY + VIEW}


def test_bands_share_the_sky_alone():
    red, blue, other = (_first(3, 4, band) for band in ("r", "g", "clear"))
    for name in SKY:
        assert red[name] == blue[name] == other[name]
    for name in VIEW:
        assert len({red[name], blue[name], other[name]}) == 3


def test_repeats():
    assert _first(3, 4, "i") == _first(3, 4, "i")


@pytest.mark.parametrize(("seed", "scene"), [(3, 5), (4, 4)])
def test_seed_and_scene_change_everything(seed, scene):
    one, other = _first(3, 4, "u"), _first(seed, scene, "u")
    assert all(one[name] != other[name] for name in one)


def test_streams_are_independent():
    """The band's number never makes a view's stream that of the sky."""
    seen = [value for band in "ugrizy" for value in _first(0, 0, band).values()]
    assert len(set(seen)) == len(SKY) + 6 * len(VIEW)
