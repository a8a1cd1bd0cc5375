import numpy as np
import pytest

from meas_blends.data.coadd import Coadd
from meas_blends.errors import BadInputError
from meas_blends.run import run_pipeline


@pytest.fixture
def coadd():
    image = np.zeros((20, 20))
    image[3, 3] = image[9, 9] = 50.0
    return Coadd(image, np.ones_like(image), psf=np.ones((3, 3)))


def test_datasets_come_back(coadd, pipeline):
    datasets = run_pipeline(coadd, pipeline, ["classify:probability=0.9"])
    assert len(datasets["blend_peaks"]) == 2
    assert datasets["blend_classification"]["blendProbability"][0] == pytest.approx(0.9)
    assert datasets["blend_coadd"].shape == (20, 20)


def test_a_simulated_scene_is_gathered_alone(gather_pipeline):
    datasets = run_pipeline(pipeline=gather_pipeline, scene=2)
    assert list(datasets["fake_blend_evaluation"]["nSpans"]) == [3]


def test_no_work_leaves_out_what_follows(coadd, pipeline):
    datasets = run_pipeline(coadd, pipeline, ["detect:trouble.kind=no work"])
    assert set(datasets) == {"blend_coadd"}


def test_what_is_missing_is_told(coadd, pipeline):
    with pytest.raises(BadInputError, match="give a coadd"):
        run_pipeline(pipeline=pipeline)
    with pytest.raises(BadInputError, match="classify: needs blend_spans"):
        run_pipeline(coadd, f"{pipeline}#classify")


def test_the_shipped_pipeline_finds_peaks(coadd):
    datasets = run_pipeline(coadd, "blends#find", ["classify:peak_finder.name=local_maxima"])
    assert set(datasets["blend_peaks"]["footprintId"]) == set(
        datasets["blend_footprints"]["footprintId"]
    )


def test_the_bands_of_a_patch_come_back_by_band(coadd, patch_pipeline):
    bands = [coadd.replace(band=band) for band in "gr"]
    datasets = run_pipeline(bands, patch_pipeline)
    assert list(datasets["combined_spans"]["band"]) == ["g", "r"]
    assert {band: len(table) for band, table in datasets["blend_spans"].items()} == {"g": 2, "r": 2}
    assert datasets["share"]["r"]["share"][0] == 0.5
    assert datasets["total"]["nImages"][0] == 2


def test_two_coadds_of_one_band_are_refused(coadd, patch_pipeline):
    with pytest.raises(BadInputError, match=r"bands unknown, unknown; give one a band"):
        run_pipeline([coadd, coadd], patch_pipeline)


def test_a_scene_in_bands(gather_pipeline):
    datasets = run_pipeline(pipeline=gather_pipeline, scene=1, bands="gr")
    assert {band: coadd.band for band, coadd in datasets["blend_coadd"].items()} == {
        "g": "g",
        "r": "r",
    }
    assert list(datasets["fake_blend_evaluation"]["nSpans"]) == [2, 2]
