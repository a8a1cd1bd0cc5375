"""What of the data is each child's: pixels shared out in proportion to the models."""

from __future__ import annotations

import numpy as np

__all__ = ["child_stamps", "light_shares", "shared_fluxes"]


def light_shares(models: np.ndarray) -> np.ndarray:
    """Part of the light of every pixel that is each child's.

    Parameters
    ----------
    models : `numpy.ndarray`, (n, C, ny, nx)
        As the bands' PSFs show them. What rounding left below zero counts as
        nothing.

    Returns
    -------
    shares : `numpy.ndarray`, (n, C, ny, nx)
        Between 0 and 1. They add up to 1 in every pixel that a model reaches,
        and are 0 in the others.
    """
    lit = np.maximum(models, 0)
    total = lit.sum(axis=0)
    return np.divide(lit, total, out=np.zeros_like(lit), where=total > np.finfo(lit.dtype).tiny)


def child_stamps(
    images: np.ndarray, usable: np.ndarray, models: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Image of each child that carries the data.

    Parameters
    ----------
    images : `numpy.ndarray`, (C, ny, nx)
    usable : `numpy.ndarray` of bool, (C, ny, nx)
        Pixels of the footprint with usable light.
    models : `numpy.ndarray`, (n, C, ny, nx)
    shares : `numpy.ndarray`, (n, C, ny, nx)
        From `light_shares`.

    Returns
    -------
    stamps : `numpy.ndarray`, (n, C, ny, nx)
        The child's share of usable pixels, noise included: those of all
        children add up to the data. Elsewhere its model, for there is no data
        of the footprint.
    """
    return np.where(usable, shares * images, models)


def shared_fluxes(
    images: np.ndarray, weights: np.ndarray, own: np.ndarray, shares: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Flux of each child's share of the footprint.

    Parameters
    ----------
    images, weights : `numpy.ndarray`, (C, ny, nx)
        Pixels and their inverse variance, 0 where there is no usable light.
    own : `numpy.ndarray` of bool, (ny, nx)
        Pixels of the footprint.
    shares : `numpy.ndarray`, (n, C, ny, nx)
        From `light_shares`.

    Returns
    -------
    fluxes, errors : `numpy.ndarray`, (n, C)
        Sum over the usable pixels of the footprint, and its error if the
        shares were known.
    """
    usable = own & (weights > 0)
    variance = np.divide(1.0, weights, out=np.zeros_like(weights), where=usable)
    fluxes = np.einsum("ncyx,cyx->nc", shares, np.where(usable, images, 0), dtype=float)
    errors = np.sqrt(np.einsum("ncyx,ncyx,cyx->nc", shares, shares, variance, dtype=float))
    return fluxes, errors
