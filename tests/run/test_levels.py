import pytest

from meas_blends.run.levels import Level, level_of


@pytest.mark.parametrize(
    ("dimensions", "level"),
    [
        (("skymap", "tract", "patch", "band"), Level.IMAGE),
        (("instrument", "visit", "detector"), Level.IMAGE),
        (("instrument", "exposure"), Level.IMAGE),
        (("skymap", "tract", "patch"), Level.PATCH),
        (("skymap", "tract"), Level.RUN),
        (("skymap", "band"), Level.RUN),
        ((), Level.RUN),
    ],
)
def test_dimensions_tell_the_level(dimensions, level):
    assert level_of(dimensions) == level


def test_from_the_finest_to_the_coarsest():
    assert sorted(Level) == [Level.IMAGE, Level.PATCH, Level.RUN]
    assert [level.noun for level in Level] == ["image", "patch", "run"]
