"""Sets of simulated galaxies: truth, calibration, noise."""

import numpy as np
import pytest
from lsst.pipe.base import Pipeline, testUtils

from meas_blends.data.galaxy_sets import GalaxySet
from meas_blends.data.galaxy_tables import GALAXY_TRUTH
from meas_blends.morphology.populations import Table1
from meas_blends.morphology.widths import kolmogorov_width, psf_width
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.simulate_galaxies import SimulateGalaxiesTask


def simulate(scene=0, band=None, **fields):
    config = SimulateGalaxiesTask.ConfigClass()
    config.n_galaxies, config.n_psf, config.size = 60, 5, 65
    for name, value in fields.items():
        holder = config.galaxies if name in ("flux", "radius", "population") else config
        setattr(holder, name, value)
    return SimulateGalaxiesTask(config=config).run(scene=scene, band=band).galaxies


@pytest.fixture(scope="module")
def small():
    """Galaxies that their images hold whole."""
    return simulate(radius=[0.1, 0.4], size=129)


def test_connections():
    testUtils.lintConnections(SimulateGalaxiesTask.ConfigClass.ConnectionsClass)


def test_default_is_table_1_as_hsc_sees_it():
    config = SimulateGalaxiesTask.ConfigClass()
    assert (config.size, config.survey) == (239, "hsc_g")
    assert config.galaxies.make() == Table1()
    assert Survey.named("hsc_g").pixel_scale == 0.168


def test_a_set_has_what_its_table_says(small):
    GALAXY_TRUTH.check(small.galaxies)
    assert small.images.shape == (60, 129, 129)
    assert len(small.psf) == 5 and set(small.psf_row) <= set(range(5))
    assert (small.band, small.survey, small.pixel_scale) == ("g", "hsc_g", 0.168)


def test_images_hold_the_flux(small):
    flux = small.images.sum(axis=(1, 2)) * small.nanojansky_per_count
    bulge = np.asarray(small.galaxies["bulgeToTotal"])
    residual = flux / small.galaxies["flux"] - 1
    assert np.abs(residual[bulge < 0.1]).max() < 0.02
    # Wings of bulges reach beyond.
    assert np.median(residual) == pytest.approx(0, abs=0.02)


def test_the_centre_is_where_the_table_says(small):
    position = np.arange(129) - 64
    total = small.images.sum(axis=(1, 2))
    x = (small.images.sum(axis=1) @ position) / total
    y = (small.images.sum(axis=2) @ position) / total
    bright = small.galaxies["flux"] > 1e6
    np.testing.assert_allclose(x[bright], small.galaxies["dx"][bright], atol=0.05)
    np.testing.assert_allclose(y[bright], small.galaxies["dy"][bright], atol=0.05)


def test_the_psf_images_are_those_of_the_galaxies(small):
    for image, row in zip(small.psf, range(5), strict=True):
        fwhm = small.galaxies["psf_fwhm"][small.psf_row == row]
        assert len(set(fwhm)) == 1
        assert psf_width(image) == pytest.approx(kolmogorov_width(fwhm[0] / 0.168), rel=0.01)


@pytest.mark.parametrize("survey", ["hsc_g", "lsst_i"])
def test_noise_is_the_surveys(survey):
    faint = simulate(survey=survey, flux=[1e-3, 2e-3])
    sigma = faint.galaxies["skySigma"][0]
    assert faint.images.std() == pytest.approx(sigma, rel=0.02)
    side = np.mean(faint.images[:, 1:] * faint.images[:, :-1]) / faint.images.var()
    expected = faint.galaxies["noiseCorrelation"][0]
    assert expected == pytest.approx(0.25 if survey == "lsst_i" else 0.0, abs=1e-6)
    assert side == pytest.approx(expected, abs=0.01)


def test_bright_galaxies_have_noise_of_their_own():
    # Of one galaxy twice: what differs is noise.
    one, other = (
        simulate(seed=s, n_galaxies=1, flux=[5e6, 5e6 + 1], radius=[1.0, 1.0], population="table1")
        for s in (1, 1)
    )
    np.testing.assert_array_equal(one.images, other.images)
    survey = Survey.named("hsc_g")
    photons = one.images[0].astype(float) / survey.counts_per_photon
    centre = photons[20:45, 20:45]
    # The own photons outnumber the sky's, and the S/N of the whole cannot exceed their root.
    assert centre.mean() > survey.sky_level


def test_sets_are_of_their_own_and_repeatable(tmp_path):
    one, other, again = (
        simulate(1, n_galaxies=5),
        simulate(2, n_galaxies=5),
        simulate(1, n_galaxies=5),
    )
    assert not np.array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.images, again.images)
    one.write(tmp_path / "galaxies.fits")
    np.testing.assert_array_equal(GalaxySet.read(tmp_path / "galaxies.fits").images, one.images)


def test_bands_and_given_ranges():
    galaxies = simulate(
        survey="lsst_{band}", band="r", psf_fwhm=[0.9, 1.0], noise_correlation=[0.1, 0.2]
    )
    assert (galaxies.band, galaxies.survey) == ("r", "lsst_r")
    fwhm, correlation = galaxies.galaxies["psf_fwhm"], galaxies.galaxies["noiseCorrelation"]
    assert 0.9 <= fwhm.min() and fwhm.max() <= 1.0
    assert 0.1 <= correlation.min() < correlation.max() <= 0.2


def test_the_shipped_pipeline_has_the_task():
    pipeline = Pipeline.from_uri("resource://meas_blends/config/pipelines/simulate_galaxies.yaml")
    graph = pipeline.to_graph()
    assert [node.task_class for node in graph.tasks.values()] == [SimulateGalaxiesTask]


def test_psfs_and_sky_can_be_off():
    faint = {"radius": [0.1, 0.4], "flux": [1e3, 3e3]}
    off = simulate(n_psf=40, psf_error=0.05, sky_error=3.0, **faint)
    true = np.zeros(40)
    true[off.psf_row] = np.asarray(off.galaxies["psf_fwhm"]) / off.pixel_scale
    seen = np.unique(off.psf_row)
    told = np.array([psf_width(psf) for psf in off.psf[seen]])
    assert np.std(told / kolmogorov_width(true[seen]) - 1) == pytest.approx(0.05, rel=0.4)
    corners = off.images[:, :8, :8].mean(axis=(1, 2)) / np.asarray(off.galaxies["skySigma"])
    assert np.std(corners) == pytest.approx(3.0, rel=0.3)
