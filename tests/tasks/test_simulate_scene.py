"""SimulateSceneTask."""

from types import SimpleNamespace

import numpy as np
import pytest
from astropy.table import Table
from lsst.pex.config import FieldValidationError
from lsst.pipe.base.testUtils import lintConnections

from meas_blends.data.catalogs import TRUTH
from meas_blends.data.tables import write_table
from meas_blends.errors import BadInputError
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.simulate_scene import (
    SimulateSceneConfig,
    SimulateSceneConnections,
    SimulateSceneTask,
)


def _run(scene: int = 0, **values: object):
    config = SimulateSceneConfig()
    config.update(**{"size": 96, **values})
    return SimulateSceneTask(config=config).run(scene=scene)


def test_connections_are_clean():
    lintConnections(SimulateSceneConnections)


def test_gives_a_coadd_and_its_truth():
    result = _run()
    assert result.coadd.shape == (96, 96)
    assert result.coadd.psf is not None and result.coadd.variance is not None
    TRUTH.check(result.truth)
    assert len(result.truth) > 50
    ra, _ = result.coadd.sky(result.truth["x"], result.truth["y"])
    np.testing.assert_allclose(result.truth["coord_ra"], ra)


def test_scenes_differ_and_repeat():
    first, again, other = _run(scene=4), _run(scene=4), _run(scene=5)
    np.testing.assert_array_equal(first.coadd.image, again.coadd.image)
    assert not np.array_equal(first.coadd.image, other.coadd.image)
    assert not np.array_equal(first.coadd.image, _run(scene=4, seed=2).coadd.image)


def test_configuration_reaches_the_scene():
    plain, wide, deep = _run(), _run(psf_fwhm=1.1), _run(extra_depth=0.7)
    large, sparse, bright = _run(size_scale=1.25), _run(density_scale=0.3), _run(mag_faint=24.0)
    assert wide.coadd.psf.middle.max() < 0.7 * plain.coadd.psf.middle.max()
    ratio = np.median(deep.coadd.variance) / np.median(plain.coadd.variance)
    assert ratio == pytest.approx(10 ** (-0.4 * 1.4), rel=0.01)
    np.testing.assert_allclose(
        large.truth["diskHalfLightRadius"], 1.25 * plain.truth["diskHalfLightRadius"], rtol=1e-5
    )
    assert len(sparse.truth) < 0.5 * len(plain.truth)
    assert bright.truth["mag"].max() <= 24.0


def test_the_quantum_gives_the_scene_its_number():
    config = SimulateSceneConfig()
    config.update(size=32)
    task = SimulateSceneTask(config=config)
    stored = {}
    context = SimpleNamespace(
        quantum=SimpleNamespace(dataId={"tract": 2, "patch": 3, "band": "i"}),
        put=lambda result, refs: stored.update(refs=refs, result=result),
    )
    task.runQuantum(context, None, "refs")
    assert stored["refs"] == "refs"
    np.testing.assert_array_equal(stored["result"].coadd.image, task.run(scene=20_003).coadd.image)


def test_variation_is_configuration():
    plain, wide = _run(), _run(psf_fwhm_range=[1.0, 1.1], extra_depth_range=[0.5, 0.7])
    assert wide.coadd.psf.middle.max() < 0.75 * plain.coadd.psf.middle.max()
    assert np.median(wide.coadd.variance) < 0.5 * np.median(plain.coadd.variance)
    nominal = _run(psf_fwhm_range=[1.0, 1.1], size_scale_range=[1.2, 1.3], nominal_fraction=1.0)
    np.testing.assert_array_equal(nominal.coadd.image, plain.coadd.image)
    large = _run(size_scale_range=[1.2, 1.2], density_scale_range=[1.0, 1.0])
    np.testing.assert_allclose(
        large.truth["diskHalfLightRadius"], 1.2 * plain.truth["diskHalfLightRadius"], rtol=1e-5
    )


def test_stars_lensing_and_fields_are_configuration():
    plain = _run(lensing=0.0)
    assert not plain.truth["isStar"].any() and not np.any(plain.truth["shear1"])
    rich = _run(star_density=50.0, psf_field=0.05, psf_ellipticity=0.03, uneven_depth=0.8)
    assert rich.truth["isStar"].sum() > 5
    assert np.any(rich.truth["shear1"])
    assert not np.allclose(rich.coadd.psf.middle, rich.coadd.psf.middle.T, atol=1e-4)
    assert np.median(rich.coadd.variance) > np.median(plain.coadd.variance)


def test_bands_are_configuration():
    red, blue = _run(), _run(survey="lsst_g")
    assert blue.coadd.band == "g"
    np.testing.assert_array_equal(red.truth["x"], blue.truth["x"])
    assert not np.allclose(red.truth["mag"], blue.truth["mag"])
    alike = _run(survey="lsst_g", one_colour=True)
    assert np.ptp(np.asarray(alike.truth["mag"] - red.truth["mag"])) < 1e-5


def test_full_mode_is_configuration():
    result = _run(mode="full", size=16, extra_depth=-2.5)
    assert "exposure by exposure" in result.coadd.origins["image"]


@pytest.fixture
def tables(tmp_path) -> list[str]:
    paths = [str(tmp_path / f"scene_{k}.csv") for k in range(2)]
    for k, path in enumerate(paths):
        Table({"x": [9.5 + k], "y": [19.5], "n_photons_i": [89.4]}).write(path)
    return paths


def test_galaxies_of_a_table(tables):
    for scene in (0, 1):
        truth = _run(scene, galaxies=tables, table_format="gp_blends").truth
        np.testing.assert_allclose(truth["x"], [10.0 + scene])
        np.testing.assert_allclose(truth["significance"], [5.0], atol=0.01)
    columns = {"x": "x", "y": "y", "photons": "n_photons_i"}
    truth = _run(galaxies=tables, table_format="columns", table_columns=columns).truth
    np.testing.assert_allclose(truth["x"], [9.5])


def test_refuses_more_scenes_than_tables(tables):
    with pytest.raises(BadInputError, match="scene 2: 'galaxies' lists 2 tables"):
        _run(2, galaxies=tables, table_format="gp_blends")


def test_says_which_table_is_wrong(tables):
    with pytest.raises(BadInputError, match=r"scene_1\.csv: lacks the columns ra"):
        _run(1, galaxies=tables, table_format="cosmodc2")


def test_own_truth_gives_the_same_galaxies(tmp_path):
    first = _run()
    write_table(first.truth, tmp_path / "truth.parquet")
    again = _run(galaxies=[str(tmp_path / "truth.parquet")])
    np.testing.assert_allclose(again.truth["x"], first.truth["x"])
    np.testing.assert_allclose(again.truth["significance"], first.truth["significance"], rtol=1e-5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 0),
        ("seed", -1),
        ("psf_fwhm", 0.0),
        ("extra_depth", float("inf")),
        ("mag_faint", 17.0),
        ("size_scale", -1.0),
        ("clustered_fraction", 1.1),
        ("psf_fwhm_range", [1.1, 0.5]),
        ("extra_depth_range", [0.5]),
        ("nominal_fraction", 2.0),
        ("table_format", "votable"),
        ("table_columns", {"size": "r"}),
        ("table_centre", [10.0]),
        ("mode", "quick"),
    ],
)
def test_refuses_wrong_values(field, value):
    config = SimulateSceneConfig()
    with pytest.raises(FieldValidationError, match=field):
        config.update(**{field: value})
        config.validate()


def test_refuses_an_unknown_survey():
    with pytest.raises(BadInputError, match="nowhere"):
        _run(survey="nowhere")


def test_a_users_survey(tmp_path):
    shipped = Survey.named("lsst_i")
    path = tmp_path / "hsc.yaml"
    lines = [
        f"{name}: {value}"
        for name, value in vars(shipped.replace(name="hsc", pixel_scale=0.168)).items()
    ]
    path.write_text("\n".join(lines).replace("True", "true"))
    assert _run(survey=str(path)).coadd.pixel_scale == pytest.approx(0.168)


def test_a_band_that_is_asked_for_takes_the_place_of_the_surveys():
    config = SimulateSceneConfig()
    config.update(size=64)
    task = SimulateSceneTask(config=config)
    own, red, same = task.run(3), task.run(3, band="r"), task.run(scene=3, band="i")
    assert (own.coadd.band, red.coadd.band) == ("i", "r")
    np.testing.assert_array_equal(own.truth["galaxyId"], red.truth["galaxyId"])
    np.testing.assert_array_equal(own.truth["x"], red.truth["x"])
    assert (own.truth["mag"] != red.truth["mag"]).any()
    np.testing.assert_array_equal(own.coadd.image, same.coadd.image)
