"""Streams of random numbers: one for the sky of a scene, one for each band's view of it."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

__all__ = ["SceneStreams", "scene_streams"]

#: Bands in order of wavelength; their numbers start from 1, because a seed
#: that ends with 0 gives the same stream as the seed without it.
_BANDS = "ugrizy"


@dataclass(frozen=True)
class SceneStreams:
    """Independent random generators of one scene.

    Parameters
    ----------
    variation : `numpy.random.Generator`
        What sets this scene apart from others, in all bands.
    galaxies, stars : `numpy.random.Generator`
        The sky, the same in all bands.
    conditions : `numpy.random.Generator`
        Seeing and depth of this band.
    noise : `numpy.random.Generator`
        Photons of this band.
    """

    variation: np.random.Generator
    galaxies: np.random.Generator
    stars: np.random.Generator
    conditions: np.random.Generator
    noise: np.random.Generator


def scene_streams(seed: int, scene: int, band: str) -> SceneStreams:
    """Make the random generators of a scene in a band.

    Parameters
    ----------
    seed, scene : `int`
        Seed of all scenes, and number of this one; 0 or more.
    band : `str`
        Name of the band.

    Returns
    -------
    streams : `SceneStreams`
        What belongs to the sky depends on seed and scene alone, so that the
        bands of a scene show the same galaxies.
    """
    number = _BANDS.index(band) + 1 if band and band in _BANDS else 7 + zlib.crc32(band.encode())
    sky = np.random.default_rng([seed, scene]).spawn(3)
    view = np.random.default_rng([seed, scene, number]).spawn(2)
    return SceneStreams(*sky, *view)
