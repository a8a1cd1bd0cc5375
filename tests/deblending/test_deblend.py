"""Deblending of analytic scenes with known fluxes."""

import numpy as np
import pytest
from astropy.table import Table

from deblending_toys import GALAXIES, PSF, SHAPE, galaxy, peaks_at, scene
from meas_blends.data.deblending_tables import CHILD_FLUXES, CHILDREN
from meas_blends.data.psf import CellPsf
from meas_blends.detection.psf import gaussian_psf

pytest.importorskip("scarlet2", reason="deblending needs the extra [deblend]")

from meas_blends.deblending import deblend as module
from meas_blends.deblending.deblend import deblend


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


def test_galaxies_are_fitted_behind_the_psf_of_their_place():
    """Two of one size, the PSF of the right one wider by a third."""
    coadds, pixels, _ = scene()
    alike = [(20.3, 20.1, 1.5, 3000.0), (70.4, 18.8, 1.5, 3000.0)]
    radius = {}
    for which in ("place", "one"):
        some = {}
        for band, width in PSF.items():
            widths = width, 1.35 * width
            image = sum(galaxy(*g, psf) for g, psf in zip(alike, widths, strict=True))
            cells = np.stack([gaussian_psf(psf, 21) for psf in widths]).reshape(1, 2, 21, 21)
            psf = CellPsf(cells, (100, 50), (SHAPE[0], 45))
            noise = np.random.default_rng(3).normal(0, 1, SHAPE)
            some[band] = coadds[band].replace(
                image=image + noise, psf=psf if which == "place" else psf.images[0, 0]
            )
        found = deblend(some, pixels, peaks_at([g[:2] for g in alike], [1, 2]))
        radius[which] = np.asarray(found.children["radius"])
    assert radius["place"][1] == pytest.approx(radius["place"][0], rel=0.06)
    assert radius["one"][1] > 1.2 * radius["one"][0]


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


def test_stamps_share_the_data_out(made):
    coadds, found = made
    _, pixels, _ = scene()
    own = np.zeros(SHAPE, bool)
    own.ravel()[pixels.flat] = True
    for number, band in enumerate(PSF):
        shared = found.stamps.image(band, SHAPE, (100, 50))
        # What stays below a fiftieth of the noise is cut off.
        assert np.abs(shared - coadds[band].image)[own].max() < 0.1
        model = found.models.image(band, SHAPE, (100, 50))
        assert np.abs(shared - model)[~own].max() < 0.1
        fluxes = np.asarray(found.fluxes["sharedFlux"]).reshape(3, 2)[:, number]
        assert fluxes.sum() == pytest.approx(coadds[band].image[own].sum(), rel=1e-4)
        error = np.asarray(found.fluxes["sharedFluxErr"]).reshape(3, 2)[:, number]
        # In a footprint of its own a child has all of the noise; that of the toy's pixels is 1,
        # and a little more is measured. Two that share pixels are not independent.
        noise = error[2] / np.sqrt(own[:, 45:].sum())
        assert 0.95 < noise < 1.3
        assert np.hypot(*error[:2]) < noise * np.sqrt(own[:, :45].sum())


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
