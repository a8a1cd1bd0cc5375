"""Parameters of galaxies with a bulge and a disk, and the radius of the whole."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
from scipy.special import gamma, gammainc, gammaincinv

__all__ = ["GalaxySample", "half_light_radius"]


#: Steps to a radius at most, and the share of the light that it may be off by before the last.
_STEPS, _ACCURACY = 40, 1e-7


@dataclass(frozen=True)
class GalaxySample:
    """Parameters of ``n`` galaxies and of the images that they are seen in.

    All are `numpy.ndarray`, (n,). Radii are half-light radii along the major
    axis [arcsec], angles go from +x to +y [rad], ``bulge_n`` and ``disk_n``
    are Sersic indices, ``dx`` and ``dy`` are offsets from the centre of the
    stamp's central pixel [pixel].

    How bright a galaxy is says ``flux`` [sky noise of a pixel] or, where
    that is NaN, ``signal_to_noise``, that of the flux with a matched filter
    in white noise.

    Of the images, there are the ``pixel_scale`` [arcsec], the ``psf_fwhm``
    before the pixel [arcsec], the ``noise_correlation`` of pixels side by
    side, and the ``sky_electrons`` of a pixel over their own Poisson noise.
    """

    bulge_to_total: np.ndarray
    bulge_radius: np.ndarray
    bulge_n: np.ndarray
    bulge_axis_ratio: np.ndarray
    bulge_angle: np.ndarray
    disk_radius: np.ndarray
    disk_n: np.ndarray
    disk_axis_ratio: np.ndarray
    disk_angle: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    flux: np.ndarray
    signal_to_noise: np.ndarray
    pixel_scale: np.ndarray
    psf_fwhm: np.ndarray
    noise_correlation: np.ndarray
    sky_electrons: np.ndarray

    def __len__(self) -> int:
        return len(self.bulge_to_total)

    def select(self, rows: slice | np.ndarray) -> GalaxySample:
        """Return some of the galaxies."""
        columns = (field.name for field in dataclasses.fields(self))
        return GalaxySample(**{name: getattr(self, name)[rows] for name in columns})

    def replace(self, **columns: np.ndarray) -> GalaxySample:
        """Return a copy with some columns changed."""
        return dataclasses.replace(self, **columns)

    @property
    def half_light_radius(self) -> np.ndarray:
        """Of the whole galaxy [arcsec], see `half_light_radius`."""
        return half_light_radius(
            self.bulge_to_total, self.bulge_radius, self.bulge_n, self.disk_radius, self.disk_n
        )


def half_light_radius(
    bulge_to_total: np.ndarray,
    bulge_radius: np.ndarray,
    bulge_index: np.ndarray,
    disk_radius: np.ndarray,
    disk_index: np.ndarray,
) -> np.ndarray:
    """Half-light radius of a bulge and a disk together, along the major axis.

    The semi-major axis R at which the light of both components within their
    own isophotes of semi-major axis R is half of the total: for components of
    one shape, the isophote that holds half of the light. The flux of a Sersic
    profile within R is ``gammainc(2 n, b (R / R_e)^(1/n))``.

    Parameters
    ----------
    bulge_to_total : array-like, (n,)
        Share of the bulge in the flux, 0 to 1.
    bulge_radius, disk_radius : array-like, (n,)
        Half-light radii of the components, major axis; any unit.
    bulge_index, disk_index : array-like, (n,)
        Sersic indices.

    Returns
    -------
    radius : `numpy.ndarray`, (n,)
        In the unit of the radii.
    """
    given = np.broadcast_arrays(
        *(np.asarray(a, float) for a in (bulge_to_total, bulge_radius, bulge_index)),
        *(np.asarray(a, float) for a in (disk_radius, disk_index)),
    )
    share, r_bulge, n_bulge, r_disk, n_disk = (a.ravel() for a in given)
    parts = np.stack(
        [
            (weight, np.log(radius), n, gammaincinv(2 * n, 0.5), gamma(2 * n))
            for weight, radius, n in ((share, r_bulge, n_bulge), (1 - share, r_disk, n_disk))
        ]
    )
    # It lies between the two radii, for at the smaller one component has half
    # its light inside and the other less. Newton's steps in ln R, and half of
    # what is left where these would leave it.
    low = np.log(np.minimum(r_bulge, r_disk))
    high = np.log(np.maximum(r_bulge, r_disk))
    place = 0.5 * (low + high)
    rows = np.arange(len(share))
    for _ in range(_STEPS):
        weight, centre, n, b, norm = np.moveaxis(parts[:, :, rows], 1, 0)
        here = place[rows]
        x = b * np.exp((here - centre) / n)
        excess = (weight * gammainc(2 * n, x)).sum(axis=0) - 0.5
        slope = (weight * x ** (2 * n) * np.exp(-x) / (n * norm)).sum(axis=0)
        low[rows] = np.where(excess > 0, low[rows], here)
        high[rows] = np.where(excess > 0, here, high[rows])
        step = here - excess / np.maximum(slope, 1e-12)
        within = (step >= low[rows]) & (step <= high[rows])
        place[rows] = np.where(within, step, 0.5 * (low[rows] + high[rows]))
        rows = rows[np.abs(excess) > _ACCURACY]
        if len(rows) == 0:
            break
    radius = np.exp(place)
    # With no light in one component, its radius is no bound.
    radius = np.where(share <= 0, r_disk, np.where(share >= 1, r_bulge, radius))
    return radius.reshape(given[0].shape)
