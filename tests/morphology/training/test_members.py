"""What the trainings of an ensemble's networks are told."""

from pathlib import Path

from meas_blends.morphology.training.fit import FitSettings
from meas_blends.morphology.training.members import train_members

SETTINGS = FitSettings(steps=3, folder=Path("kept"))


def members(n, seed=(5, 0), calls=None):
    calls = [] if calls is None else calls
    return list(train_members(n, SETTINGS, seed, lambda *call: calls.append(call)))


def test_a_network_alone_is_trained_as_if_there_were_no_ensembles():
    (one,) = members(1)
    assert (list(one.seed), one.settings) == ([5, 0], SETTINGS)


def test_each_has_its_own_seed_however_many_there_are():
    seeds = [tuple(one.seed) for one in members(4)]
    assert len(set(seeds)) == 4
    assert seeds[0] == (5, 0)
    assert seeds[:2] == [tuple(one.seed) for one in members(2)]
    assert seeds[1] != tuple(members(2, (6, 0))[1].seed)


def test_each_has_its_own_checkpoints():
    folders = [one.settings.folder for one in members(2)]
    assert folders == [Path("kept/member_0"), Path("kept/member_1")]
    bare = train_members(2, FitSettings(steps=3), [1], lambda *call: None)
    assert [one.settings.folder for one in bare] == [None, None]


def test_progress_is_that_of_all():
    calls = []
    for one in members(2, calls=calls):
        one.progress(8, 24, 0.5)
        one.progress(24, 24, 0.4)
    assert calls == [(8, 48, 0.5), (24, 48, 0.4), (32, 48, 0.5), (48, 48, 0.4)]
