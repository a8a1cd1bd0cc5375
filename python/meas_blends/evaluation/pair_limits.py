"""What the pixels hold: how far two blended galaxies are from any single one.

For a pair, sqrt(delta chi^2) is the significance with which an ideal
observer, who knows the profiles, could tell the two from one bulge + disk
galaxy. Pairs of a small one are lost to every classifier.
"""

from __future__ import annotations

import numpy as np
from astropy.table import Table

from ..data.outcome_tables import PAIR_LIMITS
from ..detection.matched_filter import FilteredCoadd
from ..simulation.lensing import lens_shape
from ..simulation.profiles import sersic_transform, shape_matrix
from .single_fit import Waves, fit_single_galaxies

__all__ = ["make_waves", "pair_limits"]

#: Sides of the square that a pair is thought to repeat in [pixel].
_SIDES = (32, 48, 64, 96, 128, 192, 256)

#: Pairs whose fits run together, so that their arrays stay in the cache.
_BATCH = 32

#: Waves whose amplitude the PSF lowers below this are left out.
_FAINTEST_WAVE = 2e-3

#: Room on each side of a pair, in units of the PSF's sigma and of half-light radii.
_ROOM_PSF, _ROOM_RADII = 4.0, 4.0


def pair_limits(
    filtered: FilteredCoadd, galaxies: Table, owner: np.ndarray, pixel_scale: float
) -> Table:
    """Compute sqrt(delta chi^2) of every footprint that holds two galaxies.

    Chi^2 is between the noiseless pair, the two galaxies alone, and the single
    bulge + disk galaxy (Sersic indices 4 and 1, one centre, all else free)
    that fits best, both through the coadd's PSF at the pair. The noise is white: that of
    the variance plane at the fainter galaxy, times the factor that the
    coadd's matched filter found. A variance plane scaled to the scatter of
    point-source fluxes thus counts correlated noise at the scale of the PSF,
    where pairs are told from one galaxy; on simulated LSST coadds, whitening
    with the true power spectrum raises values below 3 by 3% on average.

    Parameters
    ----------
    filtered : `~meas_blends.detection.matched_filter.FilteredCoadd`
        The coadd, and the factor of its noise.
    galaxies : `astropy.table.Table`
        `~meas_blends.data.catalogs.TRUTH` of those that count.
    owner : `numpy.ndarray` of int, (n_galaxies,)
        ``footprintId`` that holds each; 0 if none does.
    pixel_scale : `float`
        Arcsec in a pixel.

    Returns
    -------
    limits : `astropy.table.Table`
        `~meas_blends.data.outcome_tables.PAIR_LIMITS`, by ``footprintId``.
    """
    identifiers, first, number = np.unique(np.sort(owner), return_index=True, return_counts=True)
    chosen = (number == 2) & (identifiers > 0)
    order = np.lexsort((-np.asarray(galaxies["flux"]), owner))
    pairs = order[first[chosen][:, None] + np.arange(2)].reshape(-1, 2)
    if len(pairs) == 0:
        return PAIR_LIMITS.make()
    x, y, flux = (np.asarray(galaxies[name], float)[pairs] for name in ("x", "y", "flux"))
    separation = np.hypot(x[:, 1] - x[:, 0], y[:, 1] - y[:, 0])
    noise = _noise(filtered, x[:, 1], y[:, 1])
    components = _components(galaxies[pairs.ravel()], pixel_scale)
    components["flux"] = components["flux"] / noise[:, None, None]
    chi2 = _delta_chi2(filtered, components, np.stack([x, y], axis=2), separation)
    return PAIR_LIMITS.make(
        {
            "footprintId": identifiers[chosen],
            "brighterId": np.asarray(galaxies["galaxyId"])[pairs[:, 0]],
            "fainterId": np.asarray(galaxies["galaxyId"])[pairs[:, 1]],
            "separation": separation * pixel_scale,
            "fluxRatio": flux[:, 1] / flux[:, 0],
            "sqrtDeltaChi2": np.sqrt(np.maximum(chi2, 0.0)),
        }
    )


def make_waves(psf: np.ndarray, side: int) -> Waves:
    """List the plane waves of a square and their weights behind a PSF.

    Parameters
    ----------
    psf : `numpy.ndarray`, (odd, odd)
        PSF image of unit sum.
    side : `int`
        Side of the square [pixel].

    Returns
    -------
    waves : `~meas_blends.evaluation.single_fit.Waves`
        For transforms in units of the noise of a pixel. By Parseval's theorem
        the sum over waves is that over all pixels of the square.
    """
    ny, nx = psf.shape
    kx = 2.0 * np.pi * np.fft.rfftfreq(side)
    ky = 2.0 * np.pi * np.fft.fftfreq(side)
    rows = np.exp(-1j * np.outer(ky, np.arange(ny) - ny // 2))
    columns = np.exp(-1j * np.outer(np.arange(nx) - nx // 2, kx))
    power = np.abs(rows @ np.asarray(psf, float) @ columns) ** 2
    kx, ky = np.broadcast_arrays(kx, ky[:, None])
    # Of two opposite waves one is enough, at twice the weight.
    used = (power > _FAINTEST_WAVE**2) & ((kx > 0) | (ky >= 0))
    used &= (np.abs(kx) < np.pi) & (np.abs(ky) < np.pi)
    twice = np.where((kx == 0) & (ky == 0), 1.0, 2.0)
    return Waves(
        kx[used].astype(np.float32),
        ky[used].astype(np.float32),
        (twice * power / side**2)[used].astype(np.float32),
    )


def _noise(filtered: FilteredCoadd, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Noise of the pixels at some positions [nJy], (n,)."""
    coadd = filtered.coadd
    ny, nx = coadd.shape
    column = np.clip(np.floor(x - coadd.xy0[0] + 0.5).astype(int), 0, nx - 1)
    row = np.clip(np.floor(y - coadd.xy0[1] + 0.5).astype(int), 0, ny - 1)
    variance = np.where(filtered.bad, np.nan, coadd.variance)
    local = variance[row, column]
    local = np.where(np.isfinite(local), local, np.nanmedian(variance))
    return np.sqrt(local) * filtered.noise_factor * coadd.nanojansky_per_count


def _components(galaxies: Table, pixel_scale: float) -> dict[str, np.ndarray]:
    """Flux, Sersic index and shape [pixel^2] of both galaxies' disks and bulges.

    Each is an array (n, 2, 2) by pair, galaxy and component (disk, bulge), the
    shape one of (n, 2, 2, 3).
    """
    share = np.asarray(galaxies["bulgeToTotal"], float)
    flux = np.asarray(galaxies["flux"], float)
    lensing = [np.asarray(galaxies[name], float) for name in ("shear1", "shear2", "convergence")]
    shapes, indices = [], []
    for kind in ("disk", "bulge"):
        radius = np.asarray(galaxies[f"{kind}HalfLightRadius"], float) / pixel_scale
        matrix = shape_matrix(radius, galaxies[f"{kind}Ellipticity"], galaxies["positionAngle"])
        shapes.append(np.stack(lens_shape(matrix, *lensing), axis=-1))
        indices.append(np.asarray(galaxies[f"{kind}SersicIndex"], float))
    return {
        "flux": np.stack([flux * (1.0 - share), flux * share], axis=1).reshape(-1, 2, 2),
        "index": np.stack(indices, axis=1).reshape(-1, 2, 2),
        "shape": np.stack(shapes, axis=1).reshape(-1, 2, 2, 3),
    }


def _delta_chi2(
    filtered: FilteredCoadd,
    components: dict[str, np.ndarray],
    places: np.ndarray,
    separation: np.ndarray,
) -> np.ndarray:
    """Chi^2 of each pair, (n,); pairs of one size and PSF together."""
    bright = components["flux"] > 0
    radii = np.sqrt(np.where(bright, components["shape"][..., [0, 2]].max(axis=-1), 0.0))
    x, y = places.mean(axis=1).T
    room = _ROOM_PSF * filtered.width_at(x, y) + _ROOM_RADII * radii.max(axis=(1, 2))
    extent = separation + 2.0 * room
    side = np.asarray(_SIDES)[np.minimum(np.searchsorted(_SIDES, extent), len(_SIDES) - 1)]
    chi2 = np.empty(len(side))
    psf = filtered.coadd.psf
    alike = np.stack([side, psf.kind_at(x, y)], axis=1)
    for one_side, kind in np.unique(alike, axis=0):
        waves = make_waves(psf.kinds[0][kind], int(one_side))
        rows = np.flatnonzero((alike == (one_side, kind)).all(axis=1))
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            part = {name: values[batch] for name, values in components.items()}
            chi2[batch] = _fit_batch(waves, part, places[batch])
    return chi2


def _fit_batch(waves: Waves, components: dict[str, np.ndarray], places: np.ndarray) -> np.ndarray:
    """Least chi^2 over several beginnings, (n,)."""
    flux = components["flux"].sum(axis=2)
    middle = np.einsum("ng,nga->na", flux, places) / flux.sum(axis=1)[:, None]
    local = places - middle[:, None, :]
    data = _pair_transform(waves, components, local)
    starts = _beginnings(components, local)
    centre = np.concatenate([start[0] for start in starts])
    shapes = np.concatenate([start[1] for start in starts])
    chi2 = fit_single_galaxies(waves, np.tile(data, (len(starts), 1)), centre, shapes)
    return chi2.reshape(len(starts), -1).min(axis=0)


def _pair_transform(
    waves: Waves, components: dict[str, np.ndarray], places: np.ndarray
) -> np.ndarray:
    """Transform of each pair, before the PSF, (n, K)."""
    quadratic = np.stack([waves.kx**2, 2 * waves.kx * waves.ky, waves.ky**2])
    total = np.zeros((len(places), len(waves.kx)), np.complex64)
    for galaxy in range(2):
        light = np.zeros(total.shape, np.float32)
        for kind in range(2):
            index = components["index"][:, galaxy, kind]
            flux = components["flux"][:, galaxy, kind]
            for value in np.unique(index[flux > 0]):
                rows = (index == value) & (flux > 0)
                s_squared = components["shape"][rows, galaxy, kind].astype(np.float32) @ quadratic
                profile = sersic_transform(s_squared, float(value))
                light[rows] += flux[rows, None].astype(np.float32) * profile
        x, y = (places[:, galaxy, axis, None].astype(np.float32) for axis in (0, 1))
        total += light * np.exp(np.complex64(-1j) * (x * waves.kx + y * waves.ky))
    return total


def _beginnings(
    components: dict[str, np.ndarray], places: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Centres (n, 2) and shapes of disk and bulge (n, 2, 3) that fits begin from."""
    flux = components["flux"].sum(axis=2)
    share = flux / flux.sum(axis=1, keepdims=True)
    own = np.einsum("ngc,ngcs->ngs", components["flux"], components["shape"]) / flux[..., None]
    mean = np.einsum("ng,ngs->ns", share, own)
    apart = places[:, 1] - places[:, 0]
    between = np.stack([apart[:, 0] ** 2, apart[:, 0] * apart[:, 1], apart[:, 1] ** 2], axis=1)
    spread = (share[:, 0] * share[:, 1])[:, None] * between
    small = np.array([0.1, 0.0, 0.1])
    zero = np.zeros_like(apart)
    brighter = places[:, 0]
    own_of_brighter = own[:, 0] + small

    def both(disk: np.ndarray, bulge: np.ndarray) -> np.ndarray:
        return np.stack([disk, bulge], axis=1)

    return [
        # One galaxy stretched over both.
        (zero, both(mean + spread + small, 0.3 * mean + small)),
        # The brighter one, and a wide component for the light of the other.
        (brighter, both(own_of_brighter + share[:, 1, None] * between, own_of_brighter)),
        # The same with the components' parts changed.
        (brighter, both(own_of_brighter, own_of_brighter + between)),
        # The fainter one, where it is nearly as bright.
        (places[:, 1], both(own[:, 1] + small, own[:, 1] + between + small)),
        # A thin bar from one to the other around a small disk.
        (zero, both(mean + small, 0.3 * mean + 2.0 * spread + small)),
    ]
