"""Deblending of analytic scenes with known fluxes."""

import numpy as np
import pytest
from astropy.table import Table

from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import Coadd
from meas_blends.data.deblending_tables import CHILD_FLUXES, CHILDREN
from meas_blends.data.footprints import labels_to_spans, pixel_lists
from meas_blends.detection.psf import gaussian_psf

pytest.importorskip("scarlet2", reason="deblending needs the extra [deblend]")

from meas_blends.deblending import deblend as module
from meas_blends.deblending.deblend import deblend

SHAPE = (40, 90)
PSF = {"g": 1.7, "i": 1.4}
#: A pair five pixels apart, of different colours and sizes, and a galaxy alone:
#: x, y, sigma before the PSF, fluxes in g and i [count].
GALAXIES = [
    (18.3, 20.1, 1.8, 900.0, 3000.0),
    (23.2, 19.6, 0.9, 1500.0, 1000.0),
    (70.4, 18.8, 1.2, 800.0, 1600.0),
]


def galaxy(x, y, sigma, flux, psf):
    """Image of a Gaussian galaxy behind a Gaussian PSF."""
    py, px = np.indices(SHAPE)
    variance = sigma**2 + psf**2
    profile = np.exp(-0.5 * ((px - x) ** 2 + (py - y) ** 2) / variance)
    return flux * profile / (2 * np.pi * variance)


def scene(noise=1.0, **fields):
    """Coadds in g and i with white noise, the footprints, and one peak a galaxy."""
    rng = np.random.default_rng(3)
    coadds, light = {}, np.zeros(SHAPE)
    for number, (band, psf) in enumerate(PSF.items()):
        image = sum(galaxy(*g[:3], g[3 + number], psf) for g in GALAXIES)
        light += image
        coadds[band] = Coadd(
            image + rng.normal(0, noise, SHAPE),
            variance=np.full(SHAPE, noise**2),
            psf=gaussian_psf(psf),
            band=band,
            zero_point=31.4,
            xy0=(100, 50),
            **fields,
        )
    labels = np.zeros(SHAPE, int)
    labels[light > 1.0] = 1
    labels[:, 45:] *= 2
    pixels = pixel_lists(labels_to_spans(labels, (100, 50)), SHAPE, (100, 50))
    return coadds, pixels, peaks_at([(g[0] + 0.4, g[1] - 0.3) for g in GALAXIES], [1, 1, 2])


def peaks_at(places, footprints):
    """Peaks at array pixels."""
    x, y = np.array(places, float).T + np.array([[100], [50]])
    columns = {column.name: 0 for column in PEAKS.all_columns}
    columns |= {"id": np.arange(1, len(x) + 1) * 10, "footprintId": footprints}
    columns |= {"f_x": x, "f_y": y, "i_x": np.rint(x), "i_y": np.rint(y)}
    return PEAKS.make(columns)


@pytest.fixture(scope="module")
def made():
    coadds, pixels, peaks = scene()
    return coadds, deblend(coadds, pixels, peaks)


def test_fluxes_and_places_of_a_pair(made):
    _, found = made
    children, fluxes = found.children, found.fluxes
    assert children["peakId"].tolist() == [10, 20, 30]
    assert children["nPeaks"].tolist() == [2, 2, 1]
    true = np.array([g[3:] for g in GALAXIES])
    flux = np.asarray(fluxes["flux"]).reshape(3, 2)
    error = np.asarray(fluxes["fluxErr"]).reshape(3, 2)
    assert fluxes["band"].tolist() == ["g", "i"] * 3
    # The noise of one pixel is 1: a source of this size has errors of about 10.
    assert np.all((error > 5) & (error < 100))
    # A Sersic profile is no Gaussian in the models' pixels, to about a per cent.
    assert np.all(np.abs(flux - true) < 4 * error + 0.02 * true)
    for axis, column in (("x", 0), ("y", 1)):
        origin = (100, 50)[column]
        assert children[axis] == pytest.approx([g[column] + origin for g in GALAXIES], abs=0.05)
    single = CHILDREN.flag("SINGLE")
    assert children["flags"].tolist() == [0, 0, single]
    assert np.all(np.abs(np.asarray(children["chi2"]) - 0.9) < 0.4)


def test_models_are_what_is_in_the_image(made):
    coadds, found = made
    for number, band in enumerate(PSF):
        model = found.models.image(band, SHAPE, (100, 50))
        residual = coadds[band].image - model
        assert np.std(residual) == pytest.approx(1.0, abs=0.05)
        own, (x0, y0) = found.models.of_child(20, band)
        true = galaxy(*GALAXIES[1][:3], GALAXIES[1][3 + number], PSF[band])
        there = true[y0 - 50 : y0 - 50 + own.shape[0], x0 - 100 : x0 - 100 + own.shape[1]]
        assert np.abs(own - there).max() < 0.05 * true.max()


def test_what_is_too_large_keeps_its_rows_and_the_rest_is_done(made):
    coadds, pixels, peaks = scene()
    found = deblend(coadds, pixels, peaks, max_peaks=1)
    large = CHILDREN.flag("TOO_LARGE")
    assert (np.asarray(found.children["flags"]) & large != 0).tolist() == [True, True, False]
    assert found.children["x"][:2].tolist() == peaks["f_x"][:2].tolist()
    fluxes = found.fluxes
    assert np.isnan(fluxes["flux"][:4]).all() and np.isfinite(fluxes["flux"][4:]).all()
    lost = CHILD_FLUXES.flag("NOT_DEBLENDED")
    assert (np.asarray(fluxes["flags"]) & lost != 0).tolist() == [True] * 4 + [False] * 2
    assert list(found.models.boxes["peakId"]) == [30]
    # What was deblended is the same, whatever became of the others.
    assert np.array_equal(fluxes["flux"][4:], made[1].fluxes["flux"][4:])


def test_a_fit_that_breaks_down_stops_no_other(made, monkeypatch):
    real = module.BlendFitter.fit

    def fit(self, blend):
        if len(blend.x) == 2:
            raise FloatingPointError("chi^2 is not a number")
        return real(self, blend)

    monkeypatch.setattr(module.BlendFitter, "fit", fit)
    found = deblend(*scene())
    failed = CHILDREN.flag("FAILED")
    assert (np.asarray(found.children["flags"]) & failed != 0).tolist() == [True, True, False]
    assert found.failures == {1: "chi^2 is not a number"}
    assert np.isfinite(found.fluxes["flux"][4:]).all()


def test_a_footprint_without_usable_pixels_fails_alone(made):
    coadds, pixels, peaks = scene()
    for coadd in coadds.values():
        coadd.image[:, 45:] = np.nan
    found = deblend(coadds, pixels, peaks)
    failed = CHILDREN.flag("FAILED")
    assert (np.asarray(found.children["flags"]) & failed != 0).tolist() == [False, False, True]


def test_a_band_without_usable_pixels_has_no_flux(made):
    coadds, pixels, peaks = scene()
    coadds["g"].image[:, 45:] = np.nan
    found = deblend(coadds, pixels, peaks)
    flux, flags = (np.asarray(found.fluxes[name]) for name in ("flux", "flags"))
    assert np.isnan(flux).tolist() == [False] * 4 + [True, False]
    assert flags.tolist() == [0] * 4 + [CHILD_FLUXES.flag("NO_DATA"), 0]
    assert flux[5] == pytest.approx(GALAXIES[2][4], rel=0.05)
    assert not found.children["flags"][2] & CHILDREN.flag("FAILED")


def test_no_zero_point_and_no_peaks(made):
    coadds, pixels, peaks = scene()
    coadds = {band: coadd.replace(zero_point=np.nan) for band, coadd in coadds.items()}
    found = deblend(coadds, pixels, peaks[2:])
    assert np.isnan(found.fluxes["flux"]).all()
    assert np.all(np.asarray(found.fluxes["flags"]) & CHILD_FLUXES.flag("NO_ZERO_POINT"))
    assert len(found.models) == 1
    empty = deblend(coadds, pixels, Table(peaks[:0]))
    assert len(empty.children) == len(empty.fluxes) == len(empty.models) == 0


def test_stamps_hold_no_light_of_deblended_neighbours(made):
    from meas_blends.morphology.cutter import StampCutter

    coadds, found = made
    _, pixels, peaks = scene()
    labels = np.zeros(SHAPE, int)
    labels.ravel()[pixels.flat] = pixels.identifiers[pixels.owner]
    stamps = StampCutter(coadds["i"], labels, peaks, 32, models=found.models).cut(slice(0, 3))
    assert stamps.usable[1].mean() > 0.9
    alone = galaxy(*GALAXIES[1][:3], GALAXIES[1][4], PSF["i"])
    y, x = peaks["i_y"][1] - 50 - 16, peaks["i_x"][1] - 100 - 16
    expected = alone[y : y + 32, x : x + 32]
    both = stamps.usable[1][: expected.shape[0]]
    image = (stamps.images[1] * stamps.sigma[1])[: expected.shape[0]]
    # The noise of the stamp, and a little of the pair's profiles.
    assert np.std((image - expected)[both]) < 1.3
    masked = StampCutter(coadds["i"], labels, peaks, 32).cut(slice(1, 2))
    assert masked.usable.mean() < stamps.usable[1].mean()
