"""Training of the Gaussian process on the principal components of several bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...errors import BadInputError
from ..classifiers.components import Components
from ..classifiers.gp_pca_bands import GpPcaBandsClassifier
from ..detections import LabelledDetections
from ..normalise_bands import BandNormalisation
from .gp_pca import fit_gp_pca
from .labelled_cutouts import LabelledCutouts, collect_cutouts, fit_components

__all__ = ["train_gp_pca_bands"]


def train_gp_pca_bands(
    training: Sequence[LabelledDetections],
    apart: Sequence[LabelledDetections],
    rng: np.random.Generator,
    cutout_size: int = 23,
    pedestal: float = 0.0,
    n_features: int = 8,
    n_neighbours: int = 50,
    max_footprints: int = 40000,
    batch: int = 4000,
    smoothness: Sequence[float] = (1.5,),
    length_scale: Sequence[float] = (1.0, 3.0, 10.0),
    noise: Sequence[float] = (1e-3, 1e-2, 1e-1),
    mixture: str = "even",
    calibration: str = "curve",
) -> GpPcaBandsClassifier:
    """Train the Gaussian process on concatenated embeddings of all bands.

    As `~meas_blends.blends.training.gp_pca.train_gp_pca`, in whose two
    stages hyperparameters are chosen. Each band has its own principal
    components, whose features are brought to the same total variance: the
    kernel knows one length scale, and brighter bands would drown the others.

    Parameters
    ----------
    training, apart : sequence of `~meas_blends.blends.detections.LabelledDetections`
        Scenes to learn from, and others to calibrate on, all with the same
        bands in ``detections.others``.
    rng : `numpy.random.Generator`
        Chooses the footprints.
    cutout_size, n_neighbours, max_footprints, batch, noise, mixture, calibration
        As of `~meas_blends.blends.training.gp_pca.train_gp_pca`.
    pedestal : `float`
        The sky in the cutouts of the reference band, in units of the noise.
    n_features : `int`
        Principal components of each band.
    smoothness, length_scale : sequence of `float`
        To choose from; lengths in units of a band's scatter of features.

    Returns
    -------
    model : `~meas_blends.blends.classifiers.gp_pca_bands.GpPcaBandsClassifier`

    Raises
    ------
    BadInputError
        If scenes have different bands, or either class has too few
        footprints for the neighbourhoods.
    """
    bands = tuple(training[0].detections.others)
    n_blocks = 1 + len(bands)
    known = collect_cutouts(
        training, BandNormalisation(cutout_size, pedestal, bands, (1.0,) * n_blocks)
    )
    maxima = _divide_by_maxima(known, n_blocks)
    normalisation = BandNormalisation(cutout_size, pedestal, bands, maxima)
    held = collect_cutouts(apart, normalisation)
    return fit_gp_pca(
        known,
        held,
        normalisation,
        rng,
        n_features=n_features,
        n_neighbours=n_neighbours,
        max_footprints=max_footprints,
        batch=batch,
        smoothness=smoothness,
        length_scale=length_scale,
        noise=noise,
        mixture=mixture,
        calibration=calibration,
        find_components=lambda vectors, number, seed: _fit_blocks(vectors, number, seed, n_blocks),
        classifier=GpPcaBandsClassifier,
    )


def _divide_by_maxima(cutouts: LabelledCutouts, n_blocks: int) -> tuple[float, ...]:
    """Normalise each band by its largest value, in place, and return those."""
    if len(cutouts.vectors) == 0:
        raise BadInputError("the training scenes give no footprints to train on; give more.")
    blocks = cutouts.vectors.reshape(len(cutouts.vectors), n_blocks, -1)
    largest = blocks.max(axis=(0, 2))
    largest = np.where(largest > 0, largest, np.float32(1))
    blocks /= largest[:, None]
    return tuple(float(value) for value in largest)


def _fit_blocks(vectors: np.ndarray, n_features: int, seed: int, n_blocks: int) -> Components:
    """Principal components of each band apart, as one projection."""
    size = vectors.shape[1] // n_blocks
    axes = np.zeros((n_blocks * n_features, n_blocks * size), np.float32)
    means = []
    for block in range(n_blocks):
        values = slice(block * size, (block + 1) * size)
        own = fit_components(vectors[:, values], n_features, seed)
        spread = np.sqrt(np.mean(np.sum(own(vectors[:, values]) ** 2, axis=1)))
        scaled = own.axes / np.float32(spread if spread > 0 else 1.0)
        axes[block * n_features : (block + 1) * n_features, values] = scaled
        means.append(own.mean)
    return Components(np.concatenate(means), axes)
