"""The measuring task: columns, flags, units, on scenes with known answers."""

import lsst.pex.config
import numpy as np
import pytest
from astropy.wcs import WCS
from lsst.pipe.base import Struct, testUtils

from compact_toys import constant_estimator
from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import NANOJANSKY_ZERO_POINT
from meas_blends.data.footprints import labels_to_spans
from meas_blends.data.morphology_tables import MORPHOLOGY
from meas_blends.data.packages import ModelPackage, shipped_packages
from meas_blends.detection.psf import psf_from_fwhm
from meas_blends.errors import BadInputError
from meas_blends.morphology.training.compact import make_package
from meas_blends.tasks.measure_morphology import MeasureMorphologyTask
from toys import SIGMA, draw

SOURCES = [(20, 16, 60), (60, 20, 60), (66, 20, 30), (2, 45, 50)]
SHAPE = (64, 80)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Package of a network that has not learnt: every galaxy is its aperture's."""
    limits = {"psf_sigma": (1.0, 3.0), "pixel_scale": (0.15, 0.25), "signal_to_noise": (1, 1e4)}
    estimator = constant_estimator([0, 1, 0], [1, 0.5, 0.1], limits=limits)
    folder = tmp_path_factory.mktemp("models") / "flat"
    make_package(estimator, {}, {}, "flat", "2").write(folder)
    return str(folder)


def make_task(model, **fields):
    config = MeasureMorphologyTask.ConfigClass()
    config.estimator["compact"].model = model
    config.estimator["compact"].device = "cpu"
    # What the flat model says is known; a fit would go its own way.
    config.estimator["compact"].refine = False
    config.subtract_background = False
    for name, value in fields.items():
        setattr(config, name, value)
    return MeasureMorphologyTask(config=config)


def make_peaks(positions, footprints, xy0=(0, 0)):
    x, y = np.array(positions).reshape(-1, 2).T
    row = dict.fromkeys((c.name for c in PEAKS.all_columns), 0)
    x, y = x + xy0[0], y + xy0[1]
    row |= {"id": np.arange(len(x)) + 11, "footprintId": footprints}
    row |= {"f_x": x, "f_y": y, "i_x": x, "i_y": y, "coord_ra": np.arange(len(x)) + 0.5}
    return PEAKS.make(row)


def make_scene(**fields):
    """Four sources, the middle two in one footprint, and one at the border."""
    fields.setdefault("pixel_scale", 0.2)
    coadd = draw(SOURCES, SHAPE, **fields)
    labels = np.zeros(SHAPE, int)
    labels[10:23, 14:27] = 3
    labels[14:27, 54:73] = 1
    labels[39:52, :9] = 8
    positions = [(x, y) for x, y, _ in SOURCES]
    # Not in the order of the footprints: rows must follow the peaks.
    order = [1, 0, 2, 3]
    peaks = make_peaks([positions[k] for k in order], [1, 3, 1, 8], coadd.xy0)
    return {"coadd": coadd, "spans": labels_to_spans(labels, coadd.xy0), "peaks": peaks}


def names(row):
    return MORPHOLOGY.decode(row["flags"])


def test_connections():
    testUtils.lintConnections(MeasureMorphologyTask.ConfigClass.ConnectionsClass)


@pytest.mark.parametrize("xy0", [(0, 0), (700, -90)])
def test_rows_follow_the_peaks(model, xy0):
    scene = make_scene(xy0=xy0)
    table = make_task(model, batch_size=3).run(**scene).morphology
    MORPHOLOGY.check(table)
    assert table.colnames == [column.name for column in MORPHOLOGY.all_columns]
    peaks = scene["peaks"]
    for column, key in {
        "peakId": "id",
        "footprintId": "footprintId",
        "x": "i_x",
        "y": "i_y",
    }.items():
        np.testing.assert_array_equal(table[column], peaks[key])
    np.testing.assert_array_equal(table["coord_ra"], peaks["coord_ra"])
    assert set(table["estimator"]) == {"compact"} and set(table["model"]) == {"flat 2"}
    assert [set(names(row)) for row in table] == [
        {"BLENDED"},
        set(),
        {"EDGE", "BLENDED"},
        {"EDGE"},
    ]


def test_posterior_in_physical_units(model):
    table = make_task(model).run(**make_scene()).morphology
    alone = table[1]
    assert alone["bulgeToTotal_p50"] == pytest.approx(0.5)
    assert alone["bulgeToTotal_p84135"] == pytest.approx(1 / (1 + np.exp(-1)), rel=1e-5)
    # The flat model: e times the PSF's sigma, with 0.5 in ln.
    assert alone["halfLightRadius_p50"] == pytest.approx(np.e * SIGMA * 0.2, rel=5e-3)
    assert alone["halfLightRadius_p97725"] / alone["halfLightRadius_p50"] == pytest.approx(np.e)
    # And the flux in the aperture: of a Gaussian of SIGMA in one twice as wide.
    counts = 60 * 2 * np.pi * SIGMA**2 / (1 + 1 / 4)
    expected = counts * 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - 27.0))
    assert alone["flux_p50"] == pytest.approx(expected, rel=0.02)
    assert alone["cov_11"] == pytest.approx(0.25) and alone["cov_21"] == 0


def test_units_follow_zero_point_and_scale(model):
    task = make_task(model)
    first = task.run(**make_scene()).morphology[1]
    scene = make_scene(pixel_scale=0.168)
    scene["coadd"].zero_point = 29.5
    second = task.run(**scene).morphology[1]
    assert second["halfLightRadius_mean"] / first["halfLightRadius_mean"] == pytest.approx(0.84)
    assert second["flux_std"] / first["flux_std"] == pytest.approx(0.1, rel=1e-5)


def test_without_zero_point(model):
    scene = make_scene()
    scene["coadd"].zero_point = float("nan")
    table = make_task(model).run(**scene).morphology
    assert all("NO_ZERO_POINT" in names(row) for row in table)
    for column in ("flux_mean", "flux_std", "flux_p00135"):
        assert np.isnan(table[column]).all()
    assert np.isfinite(table["halfLightRadius_mean"]).all()
    assert np.isfinite(table["cov_22"]).all()


def test_without_pixel_scale(model):
    scene = make_scene(pixel_scale=None)
    table = make_task(model).run(**scene).morphology
    assert all("NO_PIXEL_SCALE" in names(row) for row in table)
    assert not any("OUTSIDE_TRAINING" in names(row) for row in table)
    for column in ("halfLightRadius_mean", "halfLightRadius_std", "halfLightRadius_p50"):
        assert np.isnan(table[column]).all()
    assert np.isfinite(table["flux_mean"]).all()


def test_pixel_scale_of_the_wcs(model):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [-0.2 / 3600, 0.2 / 3600]
    table = make_task(model).run(**make_scene(pixel_scale=None, wcs=wcs)).morphology
    assert table["halfLightRadius_p50"][1] == pytest.approx(np.e * SIGMA * 0.2, rel=5e-3)


def test_failed_rows_stay_and_are_nan(model):
    scene = make_scene()
    scene["coadd"].image[12:21, 16:25] = np.nan
    table = make_task(model).run(**scene).morphology
    assert {"FAILED", "BAD_PIXELS"} <= set(names(table[1]))
    assert not {"UNRESOLVED", "OUTSIDE_TRAINING"} & set(names(table[1]))
    values = [table[1][c.name] for c in MORPHOLOGY.columns if c.name.startswith(("flux_", "bulge"))]
    assert np.isnan(values).all()
    assert table["label"][1] == ""
    assert np.isfinite(table["flux_mean"][[0, 2, 3]]).all()


def test_outside_training(model):
    scene = make_scene(pixel_scale=0.4)
    assert all("OUTSIDE_TRAINING" in names(r) for r in make_task(model).run(**scene).morphology)
    scene = make_scene(psf=psf_from_fwhm(10.0))
    assert all("OUTSIDE_TRAINING" in names(r) for r in make_task(model).run(**scene).morphology)


def test_labels_and_resolution_have_thresholds(model):
    scene = make_scene()
    table = make_task(model).run(**scene).morphology
    assert set(table["label"]) == {""} and not any("UNRESOLVED" in names(r) for r in table)
    task = make_task(model, bulge_dominated=0.45, unresolved=1.2)
    table = task.run(**scene).morphology
    assert set(table["label"]) == {"highly bulge-dominated"}
    assert all("UNRESOLVED" in names(row) for row in table)
    table = make_task(model, disk_dominated=0.55).run(**scene).morphology
    assert set(table["label"]) == {"highly disk-dominated"}


def test_thresholds_must_not_cross():
    config = MeasureMorphologyTask.ConfigClass()
    config.disk_dominated = 0.9
    with pytest.raises(ValueError, match="disk_dominated"):
        config.validate()
    with pytest.raises(lsst.pex.config.FieldValidationError, match="min_core"):
        config.min_core = 2.0


def test_no_peak_gives_an_empty_table(model):
    scene = make_scene()
    scene["peaks"] = PEAKS.make()
    table = make_task(model).run(**scene).morphology
    MORPHOLOGY.check(table)
    assert len(table) == 0


def test_a_model_that_is_not_there_fails_when_the_task_is_built():
    with pytest.raises(BadInputError, match=r"nowhere.*give a folder"):
        make_task("nowhere")


def test_background_is_subtracted_where_asked(model):
    shape = (256, 256)
    coadd = draw([(128, 128, 60)], shape, pixel_scale=0.2)
    coadd.image += np.random.default_rng(1).normal(0, 1, shape).astype(np.float32)
    labels = np.zeros(shape, int)
    labels[122:135, 122:135] = 1
    scene = {"spans": labels_to_spans(labels), "peaks": make_peaks([(128, 128)], [1])}
    task = make_task(model, subtract_background=True)
    expected = task.run(coadd=coadd, **scene).morphology["flux_p50"][0]
    raised = coadd.replace(image=coadd.image + 500)
    assert task.run(coadd=raised, **scene).morphology["flux_p50"][0] == pytest.approx(
        expected, rel=1e-3
    )


def test_a_coadd_without_variance_and_psf(model):
    scene = make_scene(psf=None)
    noise = np.random.default_rng(2).normal(0, 1, SHAPE).astype(np.float32)
    scene["coadd"] = scene["coadd"].replace(variance=None, image=scene["coadd"].image + noise)
    table = make_task(model).run(**scene).morphology
    assert np.isfinite(table["flux_mean"]).all()


def test_a_model_that_is_not_there():
    with pytest.raises(BadInputError, match=r"nowhere.*give a folder"):
        make_task("nowhere").run(**make_scene())


def test_the_default_model_is_shipped():
    config = MeasureMorphologyTask.ConfigClass()
    assert config.estimator.name == "compact"
    assert config.estimator["compact"].model in shipped_packages()


def test_peaks_that_were_merged_over_bands_are_of_the_patch():
    for merged in (False, True):
        config = MeasureMorphologyTask.ConfigClass()
        config.merged_peaks = merged
        connections = config.ConnectionsClass(config=config)
        for name in ("spans", "peaks"):
            assert ("band" in getattr(connections, name).dimensions) != merged
        assert "band" in connections.coadd.dimensions


def test_samples_where_asked(model):
    scene = make_scene()
    assert "samples" not in make_task(model).run(**scene).getDict()
    found = make_task(model, n_samples=40, batch_size=3).run(**scene)
    assert found.samples["peakId"].tolist() == np.repeat(scene["peaks"]["id"], 40).tolist()
    mine = found.samples[found.samples["peakId"] == scene["peaks"]["id"][1]]
    low, high = found.morphology["flux_p00135"][1], found.morphology["flux_p99865"][1]
    assert np.mean((low < mine["flux"]) & (mine["flux"] < high)) > 0.9
    again = make_task(model, n_samples=40).run(**scene)
    np.testing.assert_allclose(again.samples["flux"], found.samples["flux"], rtol=1e-5)


def test_samples_are_an_output_only_where_asked():
    for number in (0, 3):
        config = MeasureMorphologyTask.ConfigClass()
        config.n_samples = number
        connections = config.ConnectionsClass(config=config)
        assert ("samples" in connections.outputs) == (number > 0)


def test_radii_below_the_seeing_are_labelled(model):
    # The flat model: e times the PSF's sigma, above its FWHM.
    scene = make_scene()
    assert set(make_task(model).run(**scene).morphology["radiusLabel"]) == {""}
    table = make_task(model, below_seeing=1.3).run(**scene).morphology
    assert set(table["radiusLabel"]) == {"Re below the seeing"}


def test_the_estimator_says_what_becomes_of_neighbours(model):
    scene = make_scene()
    seen = []
    for neighbours in ("mask", "keep", "noise"):
        task = make_task(model)
        task.estimator = Recorder(task.estimator, neighbours)
        seen.append(task.run(**scene).morphology["maskedFraction"][0])
        stamp = task.estimator.stamps.images[0][~task.estimator.stamps.usable[0]]
        assert (neighbours == "noise") == bool(np.any(stamp != 0))
    assert seen[0] == seen[2] > seen[1]


def test_what_was_not_refined_is_flagged(model):
    task = make_task(model)
    task.estimator = Recorder(task.estimator, "mask", np.array([True, False, True, False]))
    table = task.run(**make_scene()).morphology
    assert ["NOT_REFINED" in names(row) for row in table] == [False, True, False, True]


def test_what_an_estimator_hands_over_is_left_as_it_is(model):
    task = make_task(model)
    run = task.estimator.run
    posterior = None

    def locked(stamps):
        nonlocal posterior
        measured = run(stamps)
        posterior = measured.posterior
        for values in (posterior.mean, posterior.covariance, posterior.quantiles):
            values.flags.writeable = False
        return measured

    scene = make_scene()
    expected = task.run(**scene).morphology
    task.estimator.run = locked
    assert task.run(**scene).morphology.pformat() == expected.pformat()
    assert np.all(np.isfinite(posterior.covariance))


class Recorder:
    """An estimator that treats neighbours in its own way and remembers what it got."""

    def __init__(self, estimator, neighbours, refined=None):
        self.inner, self.neighbours, self.refined = estimator, neighbours, refined
        self.stamp_size, self.model_label = estimator.stamp_size, estimator.model_label

    def run(self, stamps):
        self.stamps = stamps
        found = self.inner.run(stamps).getDict()
        found.pop("refined", None)
        return Struct(**found, **({} if self.refined is None else {"refined": self.refined}))


def test_a_model_that_is_given_takes_the_place_of_the_configured_one(model):
    config = MeasureMorphologyTask.ConfigClass()
    config.estimator["compact"].refine = False
    config.subtract_background = False
    config.model_from_butler = True
    connections = config.connections.ConnectionsClass(config=config)
    assert connections.prerequisiteInputs == {"morphology_model"}
    task = MeasureMorphologyTask(config=config)
    given = ModelPackage.read(model)
    scene = make_scene()
    own = make_task(model).run(**scene).morphology
    result = task.run(**scene, morphology_model=given).morphology
    assert set(result["model"]) == {"flat 2"}
    np.testing.assert_array_equal(result["flux_p50"], own["flux_p50"])
    given.kind = "morphology_gampen"
    with pytest.raises(BadInputError, match="of kind morphology_gampen, where morphology_compact"):
        task.run(**scene, morphology_model=given)


def test_an_estimator_without_a_model_fails_when_the_task_is_built():
    config = MeasureMorphologyTask.ConfigClass()
    config.estimator.name = "gampen"
    with pytest.raises(BadInputError, match="gampen: no model is given"):
        MeasureMorphologyTask(config=config)
    config.model_from_butler = True
    MeasureMorphologyTask(config=config)
