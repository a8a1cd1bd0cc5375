"""How a ground coadd and a space image are compared."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Matching"]


@dataclass(frozen=True)
class Matching:
    """How objects of the ground and of space are compared.

    Parameters
    ----------
    match : `str`
        As of `~meas_blends.evaluation.skies.space.align`.
    refine : `bool`
        Likewise.
    match_radius : `float`
        Farthest distance of a peak from its space object [arcsec].
    min_significance : `float`
        Point-source S/N, of their flux on the ground coadd, from which space
        objects count.
    boost, faintest, difference : `float`
        As of `~meas_blends.evaluation.skies.recognition.label_objects`.
    search : `float`
        Likewise [arcsec].
    threshold, contrast : `float`
        As of `~meas_blends.evaluation.skies.space.find_space_objects`.
    min_area : `int`
        Likewise.
    """

    match: str = "wcs"
    refine: bool = True
    match_radius: float = 0.5
    min_significance: float = 5.0
    boost: float = 2.0
    faintest: float = 26.5
    difference: float = 2.0
    search: float = 5.0
    threshold: float = 3.0
    contrast: float = 0.01
    min_area: int = 12
