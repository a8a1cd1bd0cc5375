"""The shipped pipeline of real skies: what it connects, and a short run of it."""

import galsim
import pytest

from meas_blends.data.pages import Pages
from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import check_units, make_plan
from meas_blends.run.runner import Runner
from sky_toys import space_galaxy, write_catalogue

QUICK = [
    f"{label}:{setting}"
    for label in ("score_singles", "score_pairs", "measure_singles")
    for setting in ("snr=[100.0]", "radius=[0.3]", 'references=["sersic n=1"]', "repeats=1")
]
QUICK += [f'{label}:finders.names=["local_maxima"]' for label in ("score_singles", "score_pairs")]
QUICK += ['compare_space:finders.names=["local_maxima"]', "compare_space:morphology_of="]
QUICK += ["score_pairs:separation=[3.0]", "score_pairs:ratio=[1.0]"]


def load(*overrides):
    return load_pipeline("evaluate_sky", [value_override(text) for text in overrides])


def test_it_runs_once_and_reads_no_images():
    plan = make_plan(load())
    assert not plan.reads_images
    assert not plan.simulates
    check_units(plan, "evaluate_sky", [], None)
    with pytest.raises(BadInputError, match="reads no images"):
        check_units(plan, "evaluate_sky", ["a.fits"], None)


def test_one_parameter_names_the_half_and_the_galaxies():
    nodes = load(
        "parameters:half=choose", 'parameters:galaxies=["a.fits"]', "parameters:leave_out=1,22"
    ).nodes
    for label in ("score_singles", "score_pairs", "measure_singles"):
        config = nodes[label].config
        assert config.half == "choose"
        assert list(config.galaxies) == ["a.fits"]
        assert list(config.leave_out) == ["1", "22"]
    assert nodes["report_sky"].config.half == "choose"
    assert list(load("parameters:leave_out=7").nodes["score_pairs"].config.leave_out) == ["7"]
    with pytest.raises(BadInputError, match="must name the same half"):
        load("score_singles:half=all")


def test_a_run_makes_a_report(tmp_path):
    profile = galsim.Exponential(half_light_radius=0.25)
    path = tmp_path / "galaxies.fits"
    write_catalogue(path, [space_galaxy(profile, name, 48) for name in ("8", "24")])
    pipeline = load(*QUICK, f'parameters:galaxies=["{path}"]')
    result = Runner(pipeline, make_plan(pipeline), tmp_path / "out", picture=False).run([])
    assert not result.failed
    report = Pages.read(tmp_path / "out" / "real_sky_report")
    assert "Single galaxies" in report.files["index.html"].decode()
    rates = read_table(tmp_path / "out" / "real_single_rates.parquet")
    assert set(rates["sample"]) == {"real", "twin", "sersic n=1"}


def test_a_part_alone():
    pipeline = load_pipeline("evaluate_sky#space", [])
    assert set(pipeline.nodes) == {"compare_space", "report_sky"}
