"""The shipped pipelines of several bands and of patches, on small scenes in memory."""

import numpy as np
import pytest
from lsst.daf.butler import DimensionUniverse
from lsst.pipe.base import Pipeline

from meas_blends.data.catalogs import CLASSIFICATION, MERGED_PEAKS
from meas_blends.data.fits import write_coadd
from meas_blends.data.tables import read_table
from meas_blends.errors import BadInputError
from meas_blends.run import run_pipeline
from meas_blends.run.images import ImageOptions
from meas_blends.run.levels import Level
from meas_blends.run.overrides import value_override
from meas_blends.run.pipeline import load_pipeline
from meas_blends.run.plan import make_plan
from meas_blends.run.runner import Runner
from meas_blends.run.shipped import shipped_pipelines
from meas_blends.run.units import image_units, scene_units
from meas_blends.simulation.recipe import SceneRecipe, simulate_scene
from meas_blends.simulation.survey import Survey

SHAPE = (256, 256)


@pytest.fixture(scope="module")
def coadds():
    """One patch in three bands."""
    surveys = [Survey.named(f"lsst_{band}") for band in "gri"]
    return [simulate_scene(SceneRecipe(one, SHAPE, seed=5), 0)[0] for one in surveys]


def levels(name):
    plan = make_plan(load_pipeline(name))
    return [(phase.level, [step.label for step in phase.steps]) for phase in plan.phases]


def test_what_runs_once_a_patch():
    images, patches = Level.IMAGE, Level.PATCH
    find = [(images, ["detect", "classify"]), (patches, ["merge"])]
    assert levels("merge_bands#find") == find
    assert levels("merge_bands") == [*find, (images, ["measure"])]
    assert levels("classify_bands") == [(patches, ["detect_bands", "classify_bands"])]
    assert levels("patch_models") == [(images, ["detect", "train_patch", "classify"])]


def test_each_band_by_itself_then_merged(coadds):
    made = run_pipeline(coadds, "merge_bands#find", ["classify:peak_finder.name=local_maxima"])
    assert set(made["blend_peaks"]) == {"g", "r", "i"}
    peaks, classification = made["merged_blend_peaks"], made["merged_blend_classification"]
    MERGED_PEAKS.check(peaks)
    CLASSIFICATION.check(classification)
    # Most of what one band sees the others see too, and nothing of i is lost.
    assert np.mean([names.count(",") > 0 for names in peaks["bands"]]) > 0.5
    in_i = [name.split(",")[0] == "i" for name in peaks["bands"]]
    assert sum(in_i) == len(made["blend_peaks"]["i"])
    assert len(peaks) > len(made["blend_peaks"]["i"])


def test_the_shipped_models_serve_out_of_the_box(coadds):
    made = run_pipeline(coadds, "merge_bands#find")
    assert {str(table["model"][0]) for table in made["blend_classification"].values()} == {
        str(made["merged_blend_classification"]["model"][0])
    }
    merged = made["merged_blend_classification"]
    assert np.isfinite(merged["blendProbability"]).all()
    over_bands = run_pipeline(coadds, "classify_bands")["bands_blend_classification"]
    assert 0 < over_bands["blended"].sum() < len(over_bands)


def test_images_that_no_task_takes_by_themselves_are_read_for_their_patch(coadds, tmp_path):
    paths = [tmp_path / f"field_{coadd.band}.fits" for coadd in coadds]
    for coadd, path in zip(coadds, paths, strict=True):
        write_coadd(coadd, path)
    loaded = load_pipeline("classify_bands#detect_bands")
    runner = Runner(loaded, make_plan(loaded), tmp_path / "out", picture=False)
    result = runner.run(image_units([str(path) for path in paths], ImageOptions()))
    (patch,) = result.units
    assert (patch.name, patch.tasks_run, patch.error) == ("field", 1, "")
    assert patch.counts["footprints"] > 20
    paths[2].write_text("no FITS at all")
    result = runner.run(image_units([str(path) for path in paths], ImageOptions()))
    assert "field_i.fits" in result.failed[0].error


def test_a_missing_model_of_a_band_is_told(coadds):
    with pytest.raises(BadInputError, match=r"gp_mine_g: no model package.*give a folder"):
        run_pipeline(coadds, "merge_bands#find", ["parameters:model_of_band=gp_mine_{band}"])


def test_a_classifier_over_bands_needs_its_model(coadds):
    overrides = ["classify_bands:peak_finder.name=gp_pca_bands"]
    with pytest.raises(BadInputError, match="'gp_pca_bands': has no model; give the name of one"):
        run_pipeline(coadds, "classify_bands", overrides)


def test_one_scene_is_too_few_to_train_on():
    overrides = [
        "simulate:size=256",
        "train_bands:trainer.name=gp_pca_bands",
        "train_bands:trainer.active.n_neighbours=10",
        "train_bands:trainer.active.batch=50",
    ]
    with pytest.raises(BadInputError, match="1 scenes to train on and 1 of them to calibrate"):
        run_pipeline(pipeline="train_bands", overrides=overrides, bands="gri")


def test_a_patch_trains_its_own_model(coadds):
    overrides = [
        "train_patch:trainer.name=logistic",
        "train_patch:scenes=3",
        "train_patch:size=256",
        "classify:peak_finder.name=logistic",
        "classify:peak_finder.active.model=",
    ]
    made = run_pipeline(coadds[2], "patch_models", overrides)
    assert made["patch_blend_model"].name == "logistic_i"
    assert set(made["blend_classification"]["model"]) == {"logistic_i 1"}


def test_the_patch_must_be_classified_by_what_was_trained():
    overrides = [value_override("train_patch:trainer.name=logistic")]
    with pytest.raises(BadInputError, match=r"give peak_finder\.name and trainer\.name the same"):
        load_pipeline("patch_models", overrides)


@pytest.mark.parametrize(
    ("name", "override"),
    [
        ("merge_bands", "merge:filtering.kernel=psf"),
        ("classify_bands", "classify_bands:filtering.kernel=psf"),
        ("classify_bands", "classify_bands:reference=r"),
        ("train_bands", "train_bands:reference=r"),
        ("patch_models", "train_patch:threshold=4"),
    ],
)
def test_tasks_must_agree(name, override):
    overrides = [value_override(override)]
    if name == "train_bands":
        overrides.append(value_override("train_bands:trainer.name=gp_pca_bands"))
    with pytest.raises(BadInputError, match="a contract of the pipeline is broken"):
        load_pipeline(name, overrides)


def test_training_scenes_vary_as_those_of_one_band():
    ours, theirs = (load_pipeline(name).nodes["simulate"] for name in ("train_bands", "train"))
    assert ours.config == theirs.config
    assert len(ours.config.psf_fwhm_range) == 2


@pytest.mark.parametrize("name", ["train_bands", "classify_bands", "evaluate_bands"])
def test_the_reference_is_chosen_once_for_all(name):
    overrides = [value_override("parameters:reference=r")]
    if name == "evaluate_bands":
        overrides.append(value_override("parameters:model_over_bands=gp_lsst_i"))
    nodes = load_pipeline(name, overrides).nodes
    references = [n.config.reference for n in nodes.values() if "reference" in n.config.keys()]
    assert len(references) > 1
    assert set(references) == {"r"}
    if name != "classify_bands":
        assert list(nodes["label_bands"].config.bands) == ["r"]


def test_everything_of_the_evaluation_is_connected():
    loaded = load_pipeline("evaluate_bands")
    # What nobody makes here may be missing.
    reads = [read for step in make_plan(loaded).steps for read in step.inputs]
    assert all(read.optional for read in reads if read.dataset in loaded.overall_inputs)
    at_once = load_pipeline("evaluate_bands#at_once").nodes
    assert not {"merge", "classify", "match_merged"} & set(at_once)
    assert list(at_once["match"].config.finders) == ["local_maxima", "reference", "bands"]


def test_from_scenes_in_two_bands_to_scores(tmp_path):
    tasks = set(load_pipeline("evaluate_bands").nodes) - {"report", "report_merged"}
    labels = [label for label in tasks if label.startswith("classify")]
    labels.remove("classify_local_maxima")
    overrides = [f"{label}:peak_finder.name=logistic" for label in labels]
    # No model over bands is at hand: the i band stands in.
    overrides += [f"{label}:reference_alone=True" for label in labels if "bands" in label]
    overrides.append("simulate:size=256")
    loaded = load_pipeline(
        f"evaluate_bands#{','.join(sorted(tasks))}", [value_override(text) for text in overrides]
    )
    units = scene_units(2, "ri")
    assert not Runner(loaded, make_plan(loaded), tmp_path, picture=False).run(units, "ri").failed
    scores = read_table(tmp_path / "evaluation.parquet")
    assert list(scores["peakFinder"]) == ["local_maxima", "reference", "bands"]
    assert scores["nResolvable"][0] > 0
    # The same classifier of the same pixels.
    assert scores["crossEntropy"][1] == scores["crossEntropy"][2]
    merged = read_table(tmp_path / "merged_blend_evaluation.parquet")
    assert set(merged["nFootprints"]) == {merged["nFootprints"][0]}
    assert merged["nFootprints"][0] > scores["nFootprints"][0]
    assert len(merged) == 4


def test_models_of_the_evaluation_are_parameters():
    loaded = load_pipeline("evaluate_bands", [value_override("parameters:model_of_band=x_{band}")])
    assert loaded.nodes["classify"].config.peak_finder["gp"].model == "x_{band}"
    plan = make_plan(loaded)
    assert [phase.level for phase in plan.phases] == [Level.IMAGE, Level.PATCH, Level.RUN]
    (evaluate,) = [step for step in plan.steps if step.label == "evaluate"]
    assert {read.level for read in evaluate.inputs} == {Level.PATCH}


@pytest.mark.parametrize(
    "name",
    ["merge_bands", "classify_bands", "patch_models", "evaluate_bands"],
)
def test_the_middleware_finds_the_dimensions_in_order(name):
    graph = Pipeline.from_uri(shipped_pipelines()[name].as_posix()).to_graph()
    graph.resolve(dimensions=DimensionUniverse(), dataset_types={})
    assert graph.is_fully_resolved
    over_bands = ("merged_", "bands_", "reference_", "local_maxima_", "one_band_", "all_")
    for dataset, node in graph.dataset_types.items():
        if dataset.startswith(over_bands):
            assert "band" not in node.dimensions
