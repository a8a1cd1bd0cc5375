"""The evaluation of morphology estimators from galaxies to a report, end to end."""

import numpy as np
import pytest

from compact_toys import constant_estimator
from meas_blends.data.pages import Pages
from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.morphology.training.compact import make_package
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.runner import Runner
from meas_blends.run.units import scene_units


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A network that has not learnt: every galaxy is its aperture's."""
    folder = tmp_path_factory.mktemp("models") / "flat"
    estimator = constant_estimator([0, 1, 0.3], [1, 0.8, 0.3])
    make_package(estimator, {}, {}, "flat", "2").write(folder)
    return folder


@pytest.mark.parametrize(
    ("name", "refined"),
    [("evaluate_morphology", [True, False]), ("evaluate_morphology_table1", [False])],
)
def test_every_method_is_measured_matched_and_scored(name, refined):
    nodes = load_pipeline(name).nodes
    methods = list(nodes["match"].config.methods)
    assert methods == list(nodes["evaluate"].config.methods)
    for method in methods:
        node = nodes[f"measure_{method}"]
        for part, reader in (("measured", "match"), ("cost", "evaluate")):
            read = nodes[reader].inputs[f"{part}_{method}"].parent_dataset_type_name
            assert node.outputs[part].parent_dataset_type_name == read
    refines = [nodes[f"measure_{name}"].config.estimator["compact"].refine for name in methods]
    assert refines == refined
    # The sets are those that the model is made for, and the cutouts hold its stamps.
    size = nodes["simulate"].config.size
    assert nodes["bound"].config.size == nodes["peers"].config.size == size


def test_match_and_evaluate_must_agree():
    with pytest.raises(BadInputError, match="contract"):
        load_pipeline("evaluate_morphology", [value_override('match:methods=["compact"]')])


def test_one_parameter_sets_the_survey_of_all_tasks():
    loaded = load_pipeline("evaluate_morphology", [value_override("parameters:survey=lsst_g")])
    assert {loaded.nodes[name].config.survey for name in ("simulate", "bound")} == {"lsst_g"}


@pytest.mark.parametrize(("given", "known"), [("0.03", 0.03), ("0", 1e-4)])
def test_one_parameter_sets_the_error_of_the_psf_of_all_tasks(given, known):
    nodes = load_pipeline("evaluate_morphology", [value_override(f"parameters:psf_error={given}")])
    nodes = nodes.nodes
    assert nodes["simulate"].config.psf_error == float(given)
    assert nodes["bound"].config.psf_error == known
    assert nodes["measure_compact"].config.estimator["compact"].psf_error == known


def test_from_galaxies_to_a_report(model, tmp_path):
    loaded = load_pipeline(
        "evaluate_morphology#simulate,measure_compact,bound,match,evaluate,report",
        [
            value_override(override)
            for override in (
                "simulate:size=32",
                "simulate:n_galaxies=24",
                "simulate:n_psf=2",
                f'measure_compact:estimator["compact"].model={model}',
                'measure_compact:estimator["compact"].device=cpu',
                "bound:size=32",
                'match:methods=["compact"]',
                'evaluate:methods=["compact"]',
                "report:n_joint=1",
            )
        ],
    )
    runner = Runner(loaded, make_plan(loaded), tmp_path, picture=False)
    result = runner.run(scene_units(2))
    assert not result.failed
    coverage = read_table(tmp_path / "galaxy_coverage.parquet")
    overall = coverage[coverage["quantity"] == "all"]
    assert set(overall["nGalaxies"]) == {48} and len(overall) == 9
    costs = read_table(tmp_path / "galaxy_costs.parquet")
    assert costs["nGalaxies"][0] == 48 and costs["seconds"][0] > 0
    assert costs["peakMemory"][0] > 0.05 and costs["device"][0] == "cpu"
    ratios = read_table(tmp_path / "galaxy_bound_ratios.parquet")
    assert set(ratios["method"]) == {"compact"} and np.isfinite(ratios["bound"]).all()
    report = Pages.read(tmp_path / "galaxy_report")
    page = report.files["index.html"].decode()
    pictures = {"coverage", "coverage_bins_68", "recovery_compact", "residuals", "trends_compact"}
    pictures |= {"measured_compact", "sizes_compact", "label_residuals_compact"}
    pictures |= {"widths", "widths_residuals", "pulls", "labels", "joint_compact_0"}
    pictures |= {"components_compact", "labels_radius", "bound_ratios"}
    for name in pictures:
        assert f"{name}.png" in page
        assert report.files[f"{name}.png"].startswith(b"\x89PNG")
    assert "residuals.ecsv" in report.files and "flat 2" in page
    # Each set has galaxies of its own.
    first, second = (
        read_table(tmp_path / f"scene_00{k}" / "galaxy_outcomes.parquet") for k in (0, 1)
    )
    assert not np.array_equal(first["true_flux"], second["true_flux"])
