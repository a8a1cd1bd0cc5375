"""Unrecognised blends: ground objects that cover more space objects than ground objects."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

__all__ = ["LABELS", "label_objects", "overlapping"]

#: What a ground object is called, after SITCOMTN-128.
LABELS = {
    "pure": "one space object overlaps it, and no other ground object",
    "recognised": "as many space objects overlap it as ground objects, more than one",
    "unrecognised": "more space objects overlap it than ground objects: itself and others",
    "ignored": "fewer space objects overlap it than ground objects: a spurious detection, or none"
    " in the space image",
}

#: Points of an ellipse's border that are tried.
_N_POINTS = 72


def overlapping(
    centre: np.ndarray, moments: np.ndarray, others: np.ndarray, other_moments: np.ndarray
) -> np.ndarray:
    """Say which of some ellipses overlap one.

    Parameters
    ----------
    centre : `numpy.ndarray`, (2,)
        Of the one.
    moments : `numpy.ndarray`, (2, 2)
        Its border is where ``d^T moments^-1 d = 1``.
    others : `numpy.ndarray`, (n, 2)
        Centres of the others.
    other_moments : `numpy.ndarray`, (n, 2, 2)
        And theirs.

    Returns
    -------
    overlap : `numpy.ndarray` of bool, (n,)
        True where the two share a point, one lying within the other included.
    """
    if len(others) == 0:
        return np.zeros(0, bool)
    angle = np.linspace(0, 2 * np.pi, _N_POINTS, endpoint=False)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    border = (np.linalg.cholesky(moments) @ circle).T + centre
    # Points of the one's border, and its centre, in the others; the others' centres in it.
    points = np.vstack([border, centre])
    inverse = np.linalg.inv(other_moments)
    away = points[None] - others[:, None]
    inside = np.einsum("npi,nij,npj->np", away, inverse, away) <= 1.0
    back = others - centre
    within = np.einsum("ni,ij,nj->n", back, np.linalg.inv(moments), back) <= 1.0
    return inside.any(axis=1) | within


def label_objects(
    ground: np.ndarray,
    ground_moments: np.ndarray,
    space: np.ndarray,
    space_moments: np.ndarray,
    space_mag: np.ndarray,
    boost: float = 2.0,
    faintest: float = 26.5,
    difference: float = 2.0,
    search: float = np.inf,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Label ground objects by the ellipse matching of SITCOMTN-128.

    Parameters
    ----------
    ground, space : `numpy.ndarray`, (n, 2) and (m, 2)
        Centres on common pixels.
    ground_moments, space_moments : `numpy.ndarray`, (n, 2, 2) and (m, 2, 2)
        Second moments [pixel^2].
    space_mag : `numpy.ndarray`, (m,)
        Magnitudes.
    boost : `float`
        Axes of the ellipses in units of the root of the moments' own.
    faintest : `float`
        Magnitude that a space object must be brighter than.
    difference : `float`
        Magnitudes by which it may at most be fainter than the brightest one
        that overlaps the ground object.
    search : `float`
        Farthest distance of centres at which an overlap is looked for [pixel].

    Returns
    -------
    label : `numpy.ndarray` of `str`, (n,)
        One of `LABELS`.
    n_ground, n_space : `numpy.ndarray` of int, (n,)
        Objects that overlap it, itself included.

    Notes
    -----
    https://sitcomtn-128.lsst.io, "Matching", with the values that it gives;
    after Liang et al. (arXiv:2503.16680). A space object's ellipse is not
    smeared by the ground's PSF there, nor is it here.
    """
    n = len(ground)
    labels = np.full(n, "ignored", dtype="<U12")
    n_ground, n_space = np.ones(n, int), np.zeros(n, int)
    bright = np.flatnonzero(np.asarray(space_mag) < faintest)
    if n == 0:
        return labels, n_ground, n_space
    reach = search if np.isfinite(search) else 1e12
    ground_tree = cKDTree(ground)
    space_tree = cKDTree(space[bright]) if len(bright) else None
    mine, theirs = boost**2 * ground_moments, boost**2 * space_moments
    for k in range(n):
        near = np.array(ground_tree.query_ball_point(ground[k], reach))
        near = near[near != k]
        n_ground[k] = 1 + overlapping(ground[k], mine[k], ground[near], mine[near]).sum()
        if space_tree is not None:
            near = bright[space_tree.query_ball_point(ground[k], reach)]
            near = near[overlapping(ground[k], mine[k], space[near], theirs[near])]
            if len(near):
                mags = space_mag[near]
                n_space[k] = np.count_nonzero(mags < mags.min() + difference)
        if n_space[k] > n_ground[k]:
            labels[k] = "unrecognised"
        elif n_space[k] == n_ground[k]:
            labels[k] = "pure" if n_space[k] == 1 else "recognised"
    return labels, n_ground, n_space
