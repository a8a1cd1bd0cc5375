"""``blendtask survey``: what was put into an image comes out of it, and simulates it again."""

import numpy as np
import pytest
import yaml
from astropy.io import fits

from meas_blends.data.fits import read_coadd, write_coadd
from meas_blends.detection.complete import complete_coadd
from meas_blends.detection.psf import psf_fwhm, psf_sigma
from meas_blends.simulation.population import draw_galaxies
from meas_blends.simulation.psf import psf_image
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.survey import Survey, survey_notes
from meas_blends.tasks.simulate_scene import SimulateSceneConfig, SimulateSceneTask

SIZE = 256


def scene(survey, seed=6, size=SIZE):
    rng = np.random.default_rng(seed)
    truth = draw_galaxies(survey, (size, size), rng)
    return render_scene(truth, survey, (size, size), rng)


def again(path, size=SIZE):
    """A scene that the task simulates with a survey's file."""
    config = SimulateSceneConfig()
    config.survey, config.size = str(path), size
    return SimulateSceneTask(config=config).run(scene=1).coadd


def scatter(coadd):
    """Scatter of single blank pixels, by the package's own measure."""
    return float(np.sqrt(np.median(complete_coadd(coadd).variance)))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("des_i", {}),
        ("lsst_i", {"psf_beta": 3.0, "psf_fwhm": 0.8}),
        ("kids_r", {"coadd_zero_point": 22.5}),
        ("euclid_VIS", {}),
    ],
)
def test_a_simulated_image_comes_round(here, call, name, changes):
    truth = Survey.named(name).replace(**changes)
    coadd = scene(truth)
    write_coadd(coadd, "image.fits")
    result = call("survey", "image.fits", "-o", "mine.yaml")
    assert result.exit_code == 0, result.output
    found = Survey.named("mine.yaml")
    assert (found.name, found.band) == ("mine", truth.band)
    assert found.pixel_scale == pytest.approx(truth.pixel_scale, rel=1e-3)
    assert found.coadd_zero_point == truth.coadd_zero_point
    assert found.resampling == truth.resampling
    assert found.depth() == pytest.approx(truth.depth(), abs=0.05)
    new = again("mine.yaml")
    assert scatter(new) == pytest.approx(scatter(coadd), rel=0.04)
    old, made = coadd.psf.middle, new.psf.middle
    assert psf_sigma(made) == pytest.approx(psf_sigma(old), rel=0.02)
    assert psf_fwhm(made) == pytest.approx(psf_fwhm(old), rel=0.03)
    assert survey_notes("mine.yaml")["source"] == "measured from image.fits"


def test_wings_come_round(here, call):
    write_coadd(scene(Survey.named("lsst_i").replace(psf_beta=2.5, psf_fwhm=0.8)), "image.fits")
    assert call("survey", "image.fits", "-o", "mine.yaml").exit_code == 0
    assert Survey.named("mine.yaml").psf_beta == 2.5


def test_an_image_without_planes_is_measured_and_says_so(here, call):
    truth = Survey.named("lsst_r").replace(psf_fwhm=0.9)
    coadd = scene(truth, size=384)
    header = fits.Header({"BUNIT": "adu"})
    fits.writeto("field_r.fits", coadd.image, header)
    options = ("--pixel-scale", "0.2", "--zero-point", "27", "--psf", "0.96")
    result = call("survey", "field_r.fits", "-o", "mine.yaml", "--like", "lsst_r", *options)
    assert result.exit_code == 0, result.output
    assert "no variance in the file: the noise is estimated from the pixels" in result.output
    assert "are those of lsst_r (--like SURVEY, --gain PHOTONS)" in result.output
    assert "counts of noise a pixel" in result.output
    found = Survey.named("mine.yaml")
    # By the name of the file.
    assert found.band == "r"
    assert psf_fwhm(psf_image(found)) * 0.2 == pytest.approx(0.96, rel=0.03)
    assert scatter(again("mine.yaml", 384)) == pytest.approx(scatter(coadd), rel=0.04)
    quiet = call("survey", "field_r.fits", "-o", "quiet.yaml", "-q", *options)
    assert "estimated from the pixels" not in quiet.output and quiet.exit_code == 0


def test_gain_gives_the_photons_of_the_sky(here, call):
    truth = Survey.named("des_i")
    write_coadd(scene(truth), "image.fits")
    gain = 1.0 / truth.counts_per_photon
    result = call(
        "survey", "image.fits", "-o", "mine.yaml", "--gain", f"{gain}", "--like", "lsst_i"
    )
    assert result.exit_code == 0, result.output
    found = Survey.named("mine.yaml")
    assert found.counts_per_photon == pytest.approx(truth.counts_per_photon, rel=1e-4)
    assert found.sky_level == pytest.approx(truth.sky_level, rel=0.06)
    assert "they tell how noisy" not in result.output
    # Without it a survey of another throughput has the noise, and other photons.
    call("survey", "image.fits", "-o", "other.yaml", "--like", "lsst_i")
    other = Survey.named("other.yaml")
    assert other.depth() == pytest.approx(found.depth(), abs=0.01)
    assert other.sky_level != pytest.approx(truth.sky_level, rel=0.1)


def test_the_nearest_survey_stands_for_the_rest(here, call):
    for name in ("sdss_r", "hst_F814W", "kids_g", "lsst_i"):
        write_coadd(scene(Survey.named(name)), f"{name}.fits")
        call("survey", f"{name}.fits", "-o", f"{name}.yaml")
        found = Survey.named(f"{name}.yaml")
        assert found.zero_point == Survey.named(name).zero_point
        assert found.n_exposures == pytest.approx(Survey.named(name).n_exposures, rel=0.08)


def test_a_name_may_hold_anything(here, call):
    write_coadd(scene(Survey.named("lsst_i"), size=64), 'odd "#: name.fits')
    assert call("survey", 'odd "#: name.fits', "-o", "on.yaml", "--band", "yes").exit_code == 0
    found = Survey.named("on.yaml")
    assert (found.name, found.band) == ("on", "yes")
    assert yaml.safe_load((here / "on.yaml").read_text())["about"]["source"].endswith("name.fits")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["plain.fits", "-o", "mine.yaml"], "plain.fits: has no zero point"),
        (["plain.fits", "-o", "mine.yaml", "--zero-point", "27"], "plain.fits: has no pixel scale"),
        (
            ["bad.fits", "-o", "mine.yaml", "--zero-point", "27", "--pixel-scale", "0.2"],
            "bad.fits: has not one usable pixel",
        ),
        (["none.fits", "-o", "mine.yaml"], "none.fits: no such file"),
        (["plain.fits", "-o", "mine.txt"], "-o mine.txt: not the name of a YAML file"),
        (["plain.fits", "-o", "there.yaml"], "there.yaml: is there already"),
        (["plain.fits", "-o", "mine.yaml", "--like", "nobody"], "survey nobody: neither shipped"),
        (["plain.fits", "-o", "mine.yaml", "--layout", "no"], "--layout no: no such layout"),
        (["plain.fits", "-o", "mine.yaml", "--psf", "-1"], "--psf -1: not a width"),
    ],
)
def test_what_cannot_be_is_2_and_one_sentence(here, call, arguments, message):
    fits.writeto("plain.fits", np.random.default_rng(1).normal(size=(64, 64)).astype("f4"))
    fits.writeto("bad.fits", np.full((64, 64), np.nan, "f4"))
    (here / "there.yaml").write_text("mine: 1\n")
    result = call("survey", *arguments)
    assert result.exit_code == 2
    assert result.output.startswith(f"Error: {message}") and result.output.count("\n") == 1
    assert not (here / "mine.yaml").exists()
    assert (here / "there.yaml").read_text() == "mine: 1\n"


def test_force_replaces_a_file(here, call):
    write_coadd(scene(Survey.named("lsst_i"), size=64), "image.fits")
    (here / "mine.yaml").write_text("mine: 1\n")
    assert call("survey", "image.fits", "-o", "mine.yaml", "--force").exit_code == 0
    assert Survey.named("mine.yaml").band == "i"


def test_a_real_cutout_of_des(here, call, shared_data):
    """Its pixels and PSF scatter and spread as those of scenes made for it."""
    path = shared_data / "des_cutouts" / "i.fits"
    options = ("--plane", "7", "--zero-point", "30", "--pixel-scale", "0.263", "--psf", "0.9")
    result = call("survey", str(path), "-o", "mine.yaml", *options)
    assert result.exit_code == 0, result.output
    found = Survey.named("mine.yaml")
    assert found.zero_point == Survey.named("des_i").zero_point
    image = fits.getdata(path)[7].astype(float)
    # The corners, away from the galaxy in the middle.
    corners = np.concatenate([image[j, i].ravel() for j in (slice(14), slice(-14, None))
                              for i in (slice(14), slice(-14, None))])  # fmt: skip
    blank = 1.4826 * np.median(np.abs(corners - np.median(corners)))
    assert scatter(again("mine.yaml")) == pytest.approx(blank, rel=0.12)
    assert psf_fwhm(psf_image(found)) * 0.263 == pytest.approx(0.9, rel=0.03)
    # Near the depth of the survey.
    assert found.depth() == pytest.approx(Survey.named("des_i").depth(), abs=0.6)


def test_a_real_image_of_decam(here, call, shared_data):
    path = shared_data / "real" / "decam_bright_galaxies_r.fits"
    result = call("survey", str(path), "-o", "mine.yaml")
    assert result.exit_code == 0, result.output
    found = Survey.named("mine.yaml")
    psf = fits.getdata(path, "PSF").astype(float)
    new = again("mine.yaml")
    # Blank pixels scatter a tenth less than its variance plane says.
    assert scatter(new) == pytest.approx(scatter(read_coadd(path)), rel=0.04)
    assert psf_fwhm(new.psf.middle) == pytest.approx(psf_fwhm(psf), rel=0.05)
    assert psf_sigma(new.psf.middle) == pytest.approx(psf_sigma(psf), rel=0.02)
    assert found.pixel_scale == pytest.approx(0.262, rel=1e-3)
