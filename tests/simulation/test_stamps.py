"""Drawn galaxies, against GalSim's own drawing."""

import galsim
import numpy as np
import pytest
from astropy.table import Row, Table

from meas_blends.data.catalogs import TRUTH
from meas_blends.simulation.population import draw_galaxies, galaxies_at
from meas_blends.simulation.psf import effective_psf
from meas_blends.simulation.stamps import draw_light
from meas_blends.simulation.survey import Survey

LSST = Survey.named("lsst_i")
SHAPE = (96, 112)
PRECISE = galsim.GSParams(
    folding_threshold=1e-4, maxk_threshold=1e-4, kvalue_accuracy=1e-6, maximum_fft_size=16384
)


def _galsim_light(galaxies: Table, survey: Survey) -> np.ndarray:
    total = np.zeros(SHAPE)
    for galaxy in galaxies:
        parts = []
        for kind, share in (
            ("bulge", galaxy["bulgeToTotal"]),
            ("disk", 1.0 - galaxy["bulgeToTotal"]),
        ):
            if share == 0:
                continue
            profile = galsim.Sersic(
                n=float(galaxy[f"{kind}SersicIndex"]),
                half_light_radius=float(galaxy[f"{kind}HalfLightRadius"]),
                flux=float(share * survey.photons(galaxy["mag"])),
                gsparams=PRECISE,
            )
            angle = float(galaxy["positionAngle"]) * galsim.degrees
            profile = profile.shear(g=float(galaxy[f"{kind}Ellipticity"]), beta=angle)
            parts.append(_lensed(profile, galaxy))
        seen = galsim.Convolve(galsim.Add(parts), effective_psf(survey), gsparams=PRECISE)
        image = galsim.ImageD(SHAPE[1], SHAPE[0], scale=survey.pixel_scale, xmin=0, ymin=0)
        position = galsim.PositionD(float(galaxy["x"]), float(galaxy["y"]))
        total += seen.drawImage(image=image, method="no_pixel", center=position).array
    return total


def _lensed(profile: galsim.GSObject, galaxy: Row) -> galsim.GSObject:
    """Stretched by shear and convergence; the flux is magnified already."""
    shear1, shear2, kappa = (float(galaxy[c]) for c in ("shear1", "shear2", "convergence"))
    scale = 1.0 / np.sqrt((1.0 - kappa) ** 2 - shear1**2 - shear2**2)
    return profile.shear(g1=shear1 / (1.0 - kappa), g2=shear2 / (1.0 - kappa)).dilate(scale)


def _galaxies(mag: float, survey: Survey = LSST) -> Table:
    rng = np.random.default_rng(int(mag))
    galaxies = galaxies_at(
        rng.uniform(20, 90, 4), rng.uniform(20, 75, 4), np.full(4, mag), survey, rng
    )
    galaxies["bulgeToTotal"] = np.array([0.0, 0.3, 0.6, 1.0], np.float32)
    galaxies["shear1"] = np.array([0.0, 0.1, -0.05, 0.02], np.float32)
    galaxies["shear2"] = np.array([0.0, -0.04, 0.2, 0.0], np.float32)
    galaxies["convergence"] = np.array([0.0, 0.1, -0.1, 0.3], np.float32)
    return galaxies


@pytest.mark.parametrize("fwhm", [0.5, 0.7, 1.1])
@pytest.mark.parametrize("mag", [19.0, 23.0])
def test_equals_galsim(mag, fwhm):
    """To a thousandth of the faintest peak, or a few hundredths of the noise of a pixel."""
    survey = LSST.replace(psf_fwhm=fwhm)
    galaxies = _galaxies(mag, survey)
    expected = _galsim_light(galaxies, survey)
    difference = np.abs(draw_light(galaxies, survey, SHAPE) - expected).max()
    assert difference < max(1e-3 * expected.max(), 0.03 * np.sqrt(survey.sky_level))
    assert difference < 2e-3 * expected.max()


@pytest.mark.slow
@pytest.mark.parametrize("mag", [19.0, 23.0])
def test_equals_galsim_where_pixels_undersample_a_telescope(mag):
    survey = LSST.replace(
        pixel_scale=0.1,
        sky_photons=300.0,
        psf_fwhm=0.14,
        psf_scatter=0.0,
        psf_diffraction=0.85,
        psf_obscuration=0.3,
        charge_diffusion=0.05,
        resampling="none",
    )
    galaxies = _galaxies(mag, survey)
    for part in ("bulge", "disk"):
        galaxies[f"{part}HalfLightRadius"] = np.minimum(galaxies[f"{part}HalfLightRadius"], 0.1)
    expected = _galsim_light(galaxies, survey)
    difference = np.abs(draw_light(galaxies, survey, SHAPE) - expected).max()
    assert difference < max(1e-3 * expected.max(), 0.03 * np.sqrt(survey.sky_level))
    assert difference < 2e-3 * expected.max()


def test_faint_galaxies_equal_galsim_within_their_noise():
    galaxies = _galaxies(27.0)
    difference = draw_light(galaxies, LSST, SHAPE) - _galsim_light(galaxies, LSST)
    assert np.abs(difference).max() < 0.02 * np.sqrt(LSST.sky_level)


def test_flux_is_kept():
    galaxies = _galaxies(26.0)
    light = draw_light(galaxies, LSST, (300, 300), xy0=(-100, -100))
    assert light.sum() == pytest.approx(LSST.photons(galaxies["mag"]).sum(), rel=1e-4)


def test_bright_galaxy_has_no_stamp_edge():
    """Steps between neighbouring pixels far out stay within a tenth of the sky noise."""
    galaxies = _galaxies(18.0)[:4]
    galaxies["x"], galaxies["y"] = 400.0, 400.0
    light = draw_light(galaxies, LSST, (800, 800)) / np.sqrt(LSST.sky_level)
    row = light[400, 430:]
    assert np.diff(row).max() < 0.1
    assert light[400, 700] < 0.1


def test_parent_pixels_and_border():
    """A window on a scene equals that part of the scene, with what shines in from outside."""
    galaxies = draw_galaxies(LSST, (200, 200), np.random.default_rng(3))
    whole = draw_light(galaxies, LSST, (200, 200))
    part = draw_light(galaxies, LSST, (60, 80), xy0=(50, 110))
    np.testing.assert_allclose(part, whole[110:170, 50:130], atol=0.05)


def test_no_galaxies_no_light():
    assert not draw_light(TRUTH.make(), LSST, (20, 30)).any()
