"""The report as a task, on a small simulated scene."""

import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.table import Table
from lsst.pipe.base import InMemoryDatasetHandle, testUtils

from evaluation_scene import evaluation_scene
from meas_blends.data.pages import Pages
from meas_blends.tasks.evaluate_blends import EvaluateBlendsTask
from meas_blends.tasks.match_blends import MatchBlendsTask
from meas_blends.tasks.report_blends import ReportBlendsTask


@pytest.fixture(scope="module")
def inputs():
    config = MatchBlendsTask.ConfigClass()
    config.finders = ["local_maxima", "lazy"]
    found = {"outcomes": [], "places": [], "coadds": [], "spans": []}
    for number in range(2):
        scene = evaluation_scene(number)
        lazy = scene["classification"].copy()
        lazy["blended"], lazy["nPeaks"] = False, 1
        matched = MatchBlendsTask(config=config).run(
            scene["labels"],
            scene["spans"],
            scene["truth"],
            classification_local_maxima=scene["classification"],
            peaks_local_maxima=scene["peaks"],
            classification_lazy=lazy,
            peaks_lazy=scene["peaks"],
        )
        found["outcomes"].append(matched.outcomes)
        found["places"].append(matched.places)
        for name in ("coadd", "spans"):
            handle = InMemoryDatasetHandle(scene[name], patch=str(number), band="i")
            found["coadds" if name == "coadd" else name].append(handle)
    scores = EvaluateBlendsTask().run(found["outcomes"], found["places"])
    return {**found, **scores.getDict()}


def make_task(**changes):
    config = ReportBlendsTask.ConfigClass()
    config.n_examples = 4
    for name, value in changes.items():
        setattr(config, name, value)
    return ReportBlendsTask(config=config)


@pytest.fixture(scope="module")
def pages(inputs):
    return make_task().run(**inputs).report


def test_connections():
    testUtils.lintConnections(ReportBlendsTask.ConfigClass.ConnectionsClass)


def test_a_page_with_its_pictures_and_numbers(pages):
    assert isinstance(pages, Pages)
    page = pages.files["index.html"].decode()
    assert "local maxima" in page and "lazy" in page
    assert "scene 0" in page  # where it was made from
    for name in ("gallery_disagree.png", "gallery_agree_right.png", "counts_peaks.png"):
        assert name in pages.files and name in page


def test_numbers_as_text_and_as_parquet_are_the_same(pages):
    text = Table.read(pages.files["numbers.ecsv"].decode(), format="ascii.ecsv")
    binary = pq.read_table(io.BytesIO(pages.files["numbers.parquet"]))
    assert len(text) == binary.num_rows > 50
    np.testing.assert_allclose(
        np.ma.filled(text["value"], np.nan), binary["value"].to_numpy(), rtol=1e-12
    )


def test_without_galleries_no_image_is_cut(inputs, pages):
    report = make_task(n_examples=0).run(**inputs).report
    assert set(pages.files) - set(report.files) == {
        name for name in pages.files if name.startswith("gallery")
    }


def test_over_bands_the_galleries_show_the_reference(inputs, pages):
    both = []
    for handle in inputs["coadds"]:
        coadd = handle.get()
        other = coadd.replace(image=coadd.image[::-1].copy())
        both += [InMemoryDatasetHandle(other, patch=handle.dataId["patch"], band="g"), handle]
    task = make_task(over_bands=True)
    report = task.run(**{**inputs, "coadds": both}).report
    assert report.files["gallery_disagree.png"] == pages.files["gallery_disagree.png"]
    task.config.reference = "g"
    report = task.run(**{**inputs, "coadds": both}).report
    assert report.files["gallery_disagree.png"] != pages.files["gallery_disagree.png"]
