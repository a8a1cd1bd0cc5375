"""The surveys that are shipped: their numbers hang together, and are those that were published."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.detection.psf import psf_fwhm, psf_sigma
from meas_blends.simulation.depths import image_fwhm, limiting_magnitude
from meas_blends.simulation.likeness import match_width
from meas_blends.simulation.population import draw_galaxies
from meas_blends.simulation.psf import effective_psf, psf_image
from meas_blends.simulation.scenes import render_scene
from meas_blends.simulation.survey import Survey, shipped_surveys, survey_notes

NAMES = sorted(shipped_surveys())

#: One band of each.
FAMILIES = sorted({name.rpartition("_")[0]: name for name in NAMES}.values())

#: Photons that a source of AB magnitude 0 sends a second and square metre, an interval of
#: ln(wavelength): 3631 Jy over Planck's constant.
PHOTONS = 3631e-26 / 6.62607e-34


def _having(*keys: str) -> list[str]:
    return [name for name in NAMES if all(key in survey_notes(name) for key in keys)]


def test_the_surveys_that_people_study_galaxies_in_are_there():
    wanted = {"lsst", "hsc", "des", "legacy_decam", "legacy_90prime", "legacy_mosaic3", "cfht"}
    wanted |= {"ps1", "sdss", "kids", "euclid", "roman", "hst", "jwst"}
    assert {name.rpartition("_")[0] for name in NAMES} == wanted


@pytest.mark.parametrize("name", NAMES)
def test_says_what_it_is_and_where_it_comes_from(name):
    survey, notes = Survey.named(name), survey_notes(name)
    assert survey.name == name and name.endswith(f"_{survey.band}")
    assert survey.band in notes["title"].replace(",", " ").split()
    # A paper with its year.
    assert re.search(r"\b(19|20)\d\d\b", notes["source"])
    assert shipped_surveys()[name].read_text().startswith("# ")


@pytest.mark.parametrize("name", _having("depth"))
def test_is_as_deep_as_published(name):
    depth = dict(survey_notes(name)["depth"])
    published = depth.pop("magnitude")
    assert limiting_magnitude(Survey.named(name), **depth) == pytest.approx(published, abs=0.15)


def test_all_but_lsst_have_a_published_depth():
    """LSST's are in test_survey.py, in seeing that is not the published one."""
    assert set(NAMES) - set(_having("depth")) == {f"lsst_{band}" for band in "ugrizy"}


@pytest.mark.parametrize("name", _having("image_fwhm"))
def test_images_are_as_sharp_as_published(name):
    published = survey_notes(name)["image_fwhm"]
    assert image_fwhm(Survey.named(name)) == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize("name", _having("sky"))
def test_sky_photons_are_those_of_the_sky(name):
    survey, notes = Survey.named(name), survey_notes(name)
    second = 10 ** (0.4 * (survey.zero_point - notes["sky"])) * survey.pixel_scale**2
    photons = second * survey.exposure_time + notes.get("other_photons", 0.0)
    assert survey.sky_photons == pytest.approx(photons, rel=3e-3)


@pytest.mark.parametrize("name", _having("area"))
def test_zero_points_are_those_of_mirror_and_throughput(name):
    notes = survey_notes(name)
    expected = 2.5 * np.log10(notes["area"] * PHOTONS * notes["throughput"])
    assert Survey.named(name).zero_point == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("name", FAMILIES)
def test_scenes_of_it_have_its_noise_and_light(name):
    survey = Survey.named(name)
    rng = np.random.default_rng(8)
    galaxies = draw_galaxies(survey, (96, 96), rng)
    galaxies["x"][0], galaxies["y"][0], galaxies["mag"][0] = 48.0, 48.0, survey.depth() - 5.0
    coadd = render_scene(galaxies, survey, (96, 96), rng)
    assert np.isfinite(coadd.image).all() and (coadd.variance > 0).all()
    assert coadd.pixel_scale == pytest.approx(survey.pixel_scale, rel=1e-3)
    blank = coadd.image - np.median(coadd.image)
    scatter = 1.4826 * np.median(np.abs(blank))
    # Galaxies too faint to see add to it.
    assert 0.8 < scatter / np.sqrt(np.median(coadd.variance)) < 3.0
    assert coadd.image[44:53, 44:53].sum() > 20.0 * scatter
    assert coadd.psf.middle.sum() == pytest.approx(1.0, abs=1e-5)


def test_the_psf_of_hst_is_that_of_its_images(shared_data):
    """The PSFs that come with GalSim's galaxies of COSMOS, to 3% in width."""
    with fits.open(shared_data / "real" / "cosmos_hst_50.fits") as hdus:
        real = [np.asarray(hdu.data, float) for hdu in hdus if hdu.name.startswith("PSF_")]
    drawn = psf_image(Survey.named("hst_F814W"))
    assert psf_fwhm(drawn) == pytest.approx(np.median([psf_fwhm(psf) for psf in real]), rel=0.03)
    assert psf_sigma(drawn) == pytest.approx(np.median([psf_sigma(psf) for psf in real]), rel=0.05)


def test_the_psf_of_decam_has_the_wings_of_its_images(shared_data):
    """At the width of an image of DR9: its PSF to 5% of the PSF's own size, Kolmogorov to 9%."""
    path = shared_data / "real" / "decam_bright_galaxies_r.fits"
    real = fits.getdata(path, "PSF").astype(float)
    real /= real.sum()
    for beta, worst in ((2.5, (0.0, 0.05)), (0.0, (0.09, 0.2))):
        survey = Survey.named("legacy_decam_r").replace(psf_beta=beta)
        drawn = effective_psf(match_width(survey, psf_sigma(real))).drawImage(
            nx=real.shape[1], ny=real.shape[0], scale=survey.pixel_scale, method="no_pixel"
        )
        image = drawn.array / drawn.array.sum()
        misfit = np.sqrt(np.sum((image - real) ** 2) / np.sum(real**2))
        assert worst[0] < misfit < worst[1]


@pytest.fixture(scope="module")
def page() -> str:
    return (Path(__file__).resolve().parents[2] / "doc" / "surveys.md").read_text()


def test_the_page_names_every_field_and_note(page):
    fields = {field.name for field in dataclasses.fields(Survey)}
    notes = {key for name in NAMES for key in survey_notes(name)}
    measures = {key for name in _having("depth") for key in survey_notes(name)["depth"]}
    for word in fields | notes | measures:
        assert f"`{word}`" in page


def test_the_worked_example_is_the_shipped_survey(page, capsys):
    """The Python on the page makes des_i, to half a per cent, and prints what it says."""
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names = {}
    exec(code, names)
    made, shipped = names["survey"], Survey.named("des_i")
    for field in dataclasses.fields(Survey):
        value = getattr(shipped, field.name)
        if field.name != "name":
            same = value if isinstance(value, str) else pytest.approx(value, rel=5e-3)
            assert getattr(made, field.name) == same
    fwhm, aperture, psf = map(float, capsys.readouterr().out.split())
    said = [float(text) for text in re.findall(r"^print.*?# (\d+\.\d+)", code, re.MULTILINE)]
    assert said == [round(fwhm, 2), round(aperture, 2), round(psf, 1)]
