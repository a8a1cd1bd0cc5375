"""Colours of galaxies: redshift, kind of spectrum, dust; bulges redder than disks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .redshifts import draw_redshifts, draw_types
from .templates import BANDS, LAST_TEMPLATE, template_colours

__all__ = ["GalaxyColours", "draw_colours", "one_colour"]

#: Template positions that the spectral types (early, spiral, irregular) are
#: drawn between, power of the uniform number that draws them (above 1 favours
#: the first), and the largest reddening E(B-V) of each [mag]; all become bluer
#: with redshift. Chosen so that colours and their correlations at given i
#: magnitude agree with the simulated photometry of DC2 (LSST DESC 2021, ApJS
#: 253, 31) to 0.13 mag or so at each quantile.
_TEMPLATES = ((0.2, 0.5), (1.1, 2.05), (1.2, 3.9))
_POWERS = (1.0, 1.0, 1.7)
_DUST = (0.0, 0.3, 0.0)
_EVOLUTION, _EVOLVES_FROM = 0.25, 0.5

#: Scatter of each band's magnitude about the spectra [mag].
_SCATTER = 0.05

#: How much redder in template position than the whole galaxy a bulge is.
_BULGE_STEP = 0.7

#: Redshift and template of the one colour of all.
_ONE_REDSHIFT, _ONE_TEMPLATE = 0.8, 2.2


@dataclass(frozen=True)
class GalaxyColours:
    """What fixes the colours of galaxies.

    Parameters
    ----------
    redshift : `numpy.ndarray`, (n,)
        Redshifts.
    template : `numpy.ndarray`, (n,)
        Position among the spectra of
        `~meas_blends.simulation.templates.template_colours`.
    dust : `numpy.ndarray`, (n,)
        Reddening E(B-V) [mag].
    scatter : `numpy.ndarray`, (n, 6)
        What is added to each band's magnitude.
    one_colour : `bool`
        All have one colour after all.
    """

    redshift: np.ndarray
    template: np.ndarray
    dust: np.ndarray
    scatter: np.ndarray
    one_colour: bool = False

    def relative_magnitudes(self) -> np.ndarray:
        """``mag - mag_i`` in ugrizy, (n, 6)."""
        colours = template_colours(self.redshift, self.template, self.dust) + self.scatter
        return colours - colours[:, BANDS.index("i"), None]

    def in_band(self, band: str, bulge_to_total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Colours, and bulge fractions as a band shows them.

        Parameters
        ----------
        band : `str`
            One of ugrizy; others are taken for i.
        bulge_to_total : `numpy.ndarray`, (n,)
            In the i band.

        Returns
        -------
        colour : `numpy.ndarray`, (n,)
            ``mag - mag_i`` of the whole galaxy.
        bulge_to_total : `numpy.ndarray`, (n,)
            In the band: the bulge has the colour of an earlier type.
        """
        n = len(self.redshift)
        if not band or band not in BANDS or band == "i":
            return np.zeros(n), bulge_to_total
        b = BANDS.index(band)
        if self.one_colour:
            return np.full(n, one_colour(band)), bulge_to_total
        earlier = np.maximum(self.template - _BULGE_STEP, 0.0)
        whole, bulge = (
            template_colours(self.redshift, template, self.dust)[:, b]
            for template in (self.template, earlier)
        )
        weight = bulge_to_total * 10 ** (-0.4 * (bulge - whole))
        return self.relative_magnitudes()[:, b], weight / (weight + 1.0 - bulge_to_total)


def one_colour(band: str) -> float:
    """Colour ``mag - mag_i`` of all objects of a scene whose objects have one colour."""
    if not band or band not in BANDS:
        return 0.0
    colours = template_colours([_ONE_REDSHIFT], [_ONE_TEMPLATE], [0.0])
    return float(colours[0, BANDS.index(band)])


def draw_colours(
    mag: np.ndarray,
    rng: np.random.Generator,
    group: np.ndarray | None = None,
    one_colour: bool = False,
    redshift: np.ndarray | None = None,
) -> GalaxyColours:
    """Draw the colours of galaxies.

    Parameters
    ----------
    mag : `numpy.ndarray`, (n,)
        AB magnitudes in the i band.
    rng : `numpy.random.Generator`
        Source of randomness.
    group : `numpy.ndarray` of int, (n,), optional
        Number of the group whose redshift a galaxy shares, -1 for none.
    one_colour : `bool`
        Give all galaxies one colour.
    redshift : `numpy.ndarray`, (n,), optional
        Redshifts, if they are known; NaN where they are not.

    Returns
    -------
    colours : `GalaxyColours`
    """
    drawn = draw_redshifts(mag, rng, group)
    redshift = drawn if redshift is None else np.where(np.isnan(redshift), drawn, redshift)
    types = draw_types(mag, redshift, rng)
    reddest, bluest = np.array(_TEMPLATES).T
    share = rng.uniform(size=len(mag)) ** np.array(_POWERS)[types]
    template = reddest[types] + (bluest - reddest)[types] * share
    template += _EVOLUTION * np.maximum(redshift - _EVOLVES_FROM, 0.0)
    dust = np.array(_DUST)[types] * rng.uniform(size=len(mag))
    scatter = _SCATTER * rng.standard_normal((len(mag), len(BANDS)))
    return GalaxyColours(redshift, np.minimum(template, LAST_TEMPLATE), dust, scatter, one_colour)
