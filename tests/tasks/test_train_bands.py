"""From scenes in two bands to a package that classifies patches."""

import numpy as np
import pytest
from lsst.pipe.base import InMemoryDatasetHandle, testUtils

from band_toys import band_detections, band_scene
from meas_blends.data.catalogs import CLASSIFICATION, PEAKS
from meas_blends.errors import BadInputError
from meas_blends.evaluation.scores import balanced_accuracy
from meas_blends.tasks.classify_bands import ClassifyBandsTask
from meas_blends.tasks.classify_blends import ClassifyBlendsTask
from meas_blends.tasks.train_bands import TrainBandsTask


def coadd_handles(coadds, patch="0"):
    return [InMemoryDatasetHandle(one, patch=patch, band=band) for band, one in coadds.items()]


@pytest.fixture(scope="module")
def package():
    config = TrainBandsTask.ConfigClass()
    config.filtering.subtract_background = False
    config.trainer.name = "gp_pca_bands"
    trainer = config.trainer["gp_pca_bands"]
    trainer.n_features, trainer.n_neighbours, trainer.batch, trainer.noise = 6, 20, 100, [1e-2]
    config.calibration_fraction = 0.4
    coadds, spans, truth = [], [], []
    for seed in range(1, 6):
        images, pixels, galaxies = band_scene(seed)
        coadds += coadd_handles(images, str(seed))
        spans.append(InMemoryDatasetHandle(pixels, patch=str(seed)))
        truth.append(InMemoryDatasetHandle(galaxies, patch=str(seed)))
    return TrainBandsTask(config=config).run(coadds=coadds, spans=spans, truth=truth).model


def classify(model, seed, tmp_path, bands="ri", **settings):
    model.write(tmp_path / "model")
    config = ClassifyBandsTask.ConfigClass()
    config.filtering.subtract_background = False
    config.peak_finder.name = "gp_pca_bands"
    config.peak_finder["gp_pca_bands"].model = str(tmp_path / "model")
    for name, value in settings.items():
        setattr(config, name, value)
    coadds, spans, _ = band_scene(seed)
    chosen = {band: coadds[band] for band in bands}
    return ClassifyBandsTask(config=config).run(coadds=coadd_handles(chosen), spans=spans)


def test_connections():
    testUtils.lintConnections(TrainBandsTask.ConfigClass.ConnectionsClass)
    testUtils.lintConnections(ClassifyBandsTask.ConfigClass.ConnectionsClass)


def test_the_package_says_what_it_was_trained_on(package):
    assert package.name == "gp_pca_bands_ir"
    assert package.meta["bands"] == ["r"]
    assert package.meta["training"]["scenes"] == 3
    assert package.meta["conditions"]["psf_sigma"] == pytest.approx([1.8, 1.8], rel=0.01)


def test_patches_are_classified_from_all_bands(package, tmp_path):
    result = classify(package, 9, tmp_path)
    CLASSIFICATION.check(result.classification)
    PEAKS.check(result.peaks)
    truth = band_detections(9)
    called = np.asarray(result.classification["blended"])
    assert balanced_accuracy(truth.n_objects > 1, called) > 0.9
    assert set(result.classification["peakFinder"]) == {"gp_pca_bands"}


def test_a_model_that_is_given_takes_the_place_of_the_configured_one(package, tmp_path):
    expected = classify(package, 9, tmp_path)
    config = ClassifyBandsTask.ConfigClass()
    config.filtering.subtract_background = False
    config.peak_finder.name = "gp_pca_bands"
    connections = ClassifyBandsTask.ConfigClass.ConnectionsClass
    assert not connections(config=config).prerequisiteInputs
    config.model_from_butler = True
    assert connections(config=config).prerequisiteInputs == {"blend_model"}
    coadds, spans, _ = band_scene(9)
    found = ClassifyBandsTask(config=config).run(coadd_handles(coadds), spans, package)
    for name in ("f_x", "f_y", "probability"):
        np.testing.assert_array_equal(found.peaks[name], expected.peaks[name])
    config.peak_finder.name = "local_maxima"
    config.reference_alone = True
    with pytest.raises(BadInputError, match="does not take a model from a dataset"):
        ClassifyBandsTask(config=config)


def test_missing_bands_are_told(package, tmp_path):
    with pytest.raises(BadInputError, match="needs the bands r beside it"):
        classify(package, 9, tmp_path, bands="i")
    with pytest.raises(BadInputError, match="there is no z band"):
        classify(package, 9, tmp_path, reference="z")


def test_a_peak_finder_of_one_band_is_refused():
    config = ClassifyBandsTask.ConfigClass()
    config.peak_finder.name = "local_maxima"
    with pytest.raises(BadInputError, match=r"LocalMaximaTask\): does not take several bands"):
        ClassifyBandsTask(config=config)


def test_the_reference_band_alone_is_as_one_image():
    coadds, spans, _ = band_scene(9)
    config, alone = ClassifyBandsTask.ConfigClass(), ClassifyBlendsTask.ConfigClass()
    config.reference_alone = True
    for one in (config, alone):
        one.filtering.subtract_background = False
        one.peak_finder.name = "local_maxima"
    result = ClassifyBandsTask(config=config).run(coadds=coadd_handles(coadds), spans=spans)
    expected = ClassifyBlendsTask(config=alone).run(coadd=coadds["i"], spans=spans)
    np.testing.assert_array_equal(result.peaks["f_x"], expected.peaks["f_x"])
    assert len(result.peaks) > 0
