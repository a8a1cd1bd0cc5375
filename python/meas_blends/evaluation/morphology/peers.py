"""Other codes that measure galaxies, each behind one function, on the same stamps."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ...morphology.stamps import Stamps
from .galsim_fit import fit_galaxy

__all__ = ["PEERS", "Peer", "PeerStamp", "measure_peer", "missing_library"]

#: Pixels above this many sigma belong to a source, for codes that want to be told.
_THRESHOLD = 1.5

#: Fits that statmorph flags so high are bad, by its documentation.
_STATMORPH_BAD = 2


@dataclass(frozen=True)
class PeerStamp:
    """One galaxy as a peer gets it.

    Parameters
    ----------
    image : `numpy.ndarray`, (size, size)
        In units of the sky noise; the galaxy near ``[size // 2, size // 2]``.
    usable : `numpy.ndarray` of `bool`, (size, size)
    psf : `numpy.ndarray`, (p, p)
        PSF image, pixel included, of unit sum.
    """

    image: np.ndarray
    usable: np.ndarray
    psf: np.ndarray


@dataclass(frozen=True)
class Peer:
    """Another code.

    Parameters
    ----------
    library : `str`
        The package that must be installed.
    measure : callable
        Turns a `PeerStamp` into B/T (NaN if it has none), half-light radius
        [pixel] and flux [sky noise].
    """

    library: str
    measure: Callable[[PeerStamp], tuple[float, float, float]]

    def version(self) -> str:
        """Version of the library."""
        return importlib.metadata.version(self.library)


def missing_library(name: str) -> str:
    """Name of the package that a peer lacks; empty if it can run."""
    library = PEERS[name].library
    return "" if importlib.util.find_spec(library) else library


def measure_peer(peer: Peer, stamps: Stamps) -> tuple[np.ndarray, np.ndarray]:
    """Measure stamps one by one.

    Parameters
    ----------
    peer : `Peer`
    stamps : `~meas_blends.morphology.stamps.Stamps`
        ``n`` of them.

    Returns
    -------
    values : `numpy.ndarray`, (n, 3)
        B/T, radius [pixel], flux [sky noise]; NaN where the code failed.
    seconds : `numpy.ndarray`, (n,)
        Processor time.
    """
    n = len(stamps)
    values, seconds = np.full((n, 3), np.nan), np.zeros(n)
    psf = np.broadcast_to(stamps.psf, (n, *stamps.psf.shape[-2:]))
    for k in range(n):
        stamp = PeerStamp(stamps.images[k].astype(float), stamps.usable[k], psf[k].astype(float))
        began = time.process_time()
        try:
            # Foreign codes warn of every galaxy that is hard.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                values[k] = peer.measure(stamp)
        except Exception:
            # Whatever a foreign code stumbles over, the galaxy counts as failed.
            values[k] = np.nan
        seconds[k] = time.process_time() - began
    # A negative flux or radius is no measurement.
    values[~(values[:, 1:] > 0).all(axis=1)] = np.nan
    return values, seconds


def _photutils(stamp: PeerStamp) -> tuple[float, float, float]:
    """Kron flux and the radius of half of it: circular, the PSF still in it."""
    from photutils.segmentation import SourceCatalog

    segments = _segments(stamp)
    catalog = SourceCatalog(
        stamp.image, segments, mask=~stamp.usable, error=np.ones_like(stamp.image)
    )
    return np.nan, float(catalog.fluxfrac_radius(0.5).value[0]), float(catalog.kron_flux[0])


def _statmorph(stamp: PeerStamp) -> tuple[float, float, float]:
    """A single Sersic profile under the PSF; its radius is along the major axis."""
    import statmorph
    from scipy.special import gamma, gammaincinv

    found = statmorph.source_morphology(
        stamp.image,
        _segments(stamp),
        mask=~stamp.usable,
        weightmap=np.ones_like(stamp.image),
        psf=stamp.psf,
    )[0]
    # Statmorph's own word for a fit that is bad, such as one smaller than the PSF.
    if found.flag_sersic >= _STATMORPH_BAD:
        raise ValueError("a bad fit")
    n, radius = found.sersic_n, found.sersic_rhalf
    b = gammaincinv(2 * n, 0.5)
    # Integral of the profile, whose amplitude is that at the half-light radius.
    flux = 2 * np.pi * n * np.exp(b) * b ** (-2 * n) * gamma(2 * n) * radius**2
    return np.nan, radius, found.sersic_amplitude * flux * (1 - found.sersic_ellip)


def _galsim(stamp: PeerStamp) -> tuple[float, float, float]:
    return fit_galaxy(stamp.image, stamp.usable, stamp.psf)


def _segments(stamp: PeerStamp) -> object:
    """The galaxy's pixels as photutils finds them: those around the middle."""
    from photutils.segmentation import SegmentationImage, detect_sources
    from scipy.ndimage import gaussian_filter

    smooth = gaussian_filter(stamp.image, 1.5)
    found = detect_sources(smooth, _THRESHOLD / (2 * 1.5 * np.sqrt(np.pi)), 5)
    labels = np.zeros(stamp.image.shape, int)
    half = len(labels) // 2
    mine = found.data[half, half]
    if mine == 0:
        raise ValueError("no source in the middle")
    labels[found.data == mine] = 1
    return SegmentationImage(labels)


#: Peers by name.
PEERS: Mapping[str, Peer] = {
    "photutils": Peer("photutils", _photutils),
    "statmorph": Peer("statmorph", _statmorph),
    "galsim_fit": Peer("galsim", _galsim),
}
