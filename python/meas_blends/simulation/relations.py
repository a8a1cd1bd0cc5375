"""The relations that galaxies are drawn from, with their published values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import BadInputError

__all__ = ["Population"]

#: Parameters that must be positive.
_POSITIVE = (
    "count_slope",
    "radius",
    "size_scale",
    "bulge_scatter",
    "group_size",
    "group_radius",
)


@dataclass(frozen=True)
class Population:
    """Relations that galaxies are drawn from, in the i band.

    Parameters
    ----------
    density : `float`
        Galaxies brighter than i = 25 [arcmin^-2].
    count_slope : `float`
        ``N(<i) = density * 10 ** (count_slope * (i - 25))``. Defaults: LSST
        Science Book (2009, arXiv:0912.0201), Sec. 3.7.2.
    density_scatter : `float`
        Log-normal scatter of the density between scenes [nat]: the large-scale
        structure that scenes of 7 arcmin show in cosmoDC2.
    mag_bright, mag_faint : `float`
        AB magnitudes between which galaxies are drawn. The power law has too
        many bright ones.
    radius : `float`
        Median half-light radius at i = 25 [arcsec].
    radius_slope : `float`
        ``log10`` of the radius per magnitude.
    radius_scatter : `float`
        Its log-normal scatter [nat]. Between the steeper relation of Miller
        et al. (2013, MNRAS 429, 2858), -0.117 a magnitude from 0.53 arcsec
        at i = 23, and the small faint galaxies of Shibuya et al. (2015, ApJS
        219, 15); these defaults give nearly the shares of detected galaxies
        and of blended footprints of Buchanan et al. (2022, ApJ 924, 94).
    size_scale : `float`
        Factor on all radii.
    bulge_dominated : `float`
        Share of galaxies that are all bulge. The others' bulge fraction is
        half a normal distribution below 0.5.
    bulge_scatter : `float`
        Width of that distribution (both: Miller et al. 2013, Appendix B).
    clustered_fraction : `float`
        Share of the galaxies that lie in groups.
    group_size : `float`
        Mean number of members of a group.
    group_radius : `float`
        Radius of the groups [arcsec]. The defaults give the angular
        correlation of close pairs in cosmoDC2 (Korytov et al. 2019, ApJS 245,
        26): 0.07 at 1.5 and 0.03 at 7 arcsec.
    lensing : `float`
        Factor on the published lensing by large-scale structure
        (`~meas_blends.simulation.lensing.draw_lensing`); 0 for none.
    structured : `float`
        Share of the galaxies down to ``structured_mag`` that are no sums of
        Sersic profiles but have structure of their own,
        `~meas_blends.simulation.structure`.
    structured_mag : `float`
        Faintest of them: of fainter ones noise leaves no structure to be seen.
    companion_fraction : `float`
        Share of the galaxies down to ``companion_mag`` that are given a close
        companion, at 0.4 to 1.6 arcsec and up to 2.5 magnitudes fainter:
        mergers, which clustering at larger distances leaves out. Some 5 to
        10% of galaxies have one (Mundy et al. 2017, MNRAS 470, 3507).
    companion_mag : `float`
        Faintest of the galaxies that get one.
    bright_density : `float`
        Galaxies that are added to the natural ones, even in magnitude from 17
        to 21.5 and up to three times as large as others [arcmin^-2], to
        teach what bright galaxies look like.
    one_colour : `bool`
        All galaxies and stars have one colour: a control in which further
        bands add depth only.

    Raises
    ------
    BadInputError
        If a value is not one that it can have.
    """

    density: float = 46.0
    count_slope: float = 0.31
    density_scatter: float = 0.065
    mag_bright: float = 18.0
    mag_faint: float = 29.0
    radius: float = 0.26
    radius_slope: float = -0.085
    radius_scatter: float = 0.38
    size_scale: float = 1.0
    bulge_dominated: float = 0.1
    bulge_scatter: float = 0.1
    clustered_fraction: float = 0.3
    group_size: float = 20.0
    group_radius: float = 15.0
    lensing: float = 1.0
    structured: float = 0.0
    structured_mag: float = 25.0
    companion_fraction: float = 0.0
    companion_mag: float = 24.5
    bright_density: float = 0.0
    one_colour: bool = False

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            if not 0 < getattr(self, name) < np.inf:
                raise BadInputError(
                    f"population: {name} is {getattr(self, name)}; give a positive number."
                )
        for name in ("density", "density_scatter", "radius_scatter", "lensing", "bright_density"):
            if not 0 <= getattr(self, name) < np.inf:
                raise BadInputError(f"population: {name} is {getattr(self, name)}; give 0 or more.")
        for name in (
            "clustered_fraction",
            "bulge_dominated",
            "structured",
            "companion_fraction",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise BadInputError(
                    f"population: {name} is {getattr(self, name)}; give a share from 0 to 1."
                )
        if not self.mag_bright < self.mag_faint:
            raise BadInputError(
                f"population: mag_bright {self.mag_bright} is not brighter than mag_faint"
                f" {self.mag_faint}; give them the other way round."
            )
