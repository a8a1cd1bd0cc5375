"""The training set of the classifiers of cutouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.decomposition import PCA

from ...errors import BadInputError
from ..calibration import Calibration
from ..classifiers.components import Components
from ..detections import LabelledDetections
from ..normalise import Normalisation
from ..normalise_bands import BandNormalisation
from ..unusual import Familiar, footprint_measures

__all__ = [
    "LabelledCutouts",
    "best_threshold",
    "collect_cutouts",
    "collect_training",
    "common_arguments",
    "fit_calibration",
    "fit_components",
    "mix_classes",
]


@dataclass(frozen=True)
class LabelledCutouts:
    """Normalised cutouts of labelled footprints that hold at least one object.

    Parameters
    ----------
    vectors : `numpy.ndarray` of float32, (n, size^2)
    n_objects, n_maxima : `numpy.ndarray` of int, (n,)
        True objects and local maxima of each.
    measures : `numpy.ndarray`, (n, 4)
        See `~meas_blends.blends.unusual.footprint_measures`.
    """

    vectors: np.ndarray
    n_objects: np.ndarray
    n_maxima: np.ndarray
    measures: np.ndarray

    @property
    def blended(self) -> np.ndarray:
        """More than one object, `bool` (n,)."""
        return self.n_objects > 1

    def select(self, rows: np.ndarray) -> LabelledCutouts:
        """Return some of the rows."""
        columns = (self.vectors, self.n_objects, self.n_maxima, self.measures)
        return LabelledCutouts(*(column[rows] for column in columns))

    @property
    def familiar(self) -> Familiar:
        """What footprints these are."""
        return Familiar.fit(self.measures)


def collect_cutouts(
    scenes: Sequence[LabelledDetections], normalisation: Normalisation
) -> LabelledCutouts:
    """Cut out the footprints of all scenes, one scene after the other.

    Parameters
    ----------
    scenes : sequence of `~meas_blends.blends.detections.LabelledDetections`
        Each is looked at once.
    normalisation : `~meas_blends.blends.normalise.Normalisation`
        Of the cutouts.

    Returns
    -------
    cutouts : `LabelledCutouts`
    """
    parts = []
    for scene in scenes:
        rows = scene.n_objects > 0
        detections = scene.detections
        parts.append(
            (
                normalisation(detections)[rows],
                scene.n_objects[rows],
                detections.n_maxima[rows],
                footprint_measures(detections)[rows],
            )
        )
    return LabelledCutouts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def collect_training(
    scenes: Sequence[LabelledDetections], size: int, pedestal: float
) -> tuple[LabelledCutouts, Normalisation]:
    """Cut out the training footprints and normalise them by their own maximum.

    Parameters
    ----------
    scenes
        As in `collect_cutouts`.
    size, pedestal
        See `~meas_blends.blends.normalise.Normalisation`.

    Returns
    -------
    cutouts : `LabelledCutouts`
    normalisation : `~meas_blends.blends.normalise.Normalisation`
        What was done to them.
    """
    cutouts = collect_cutouts(scenes, Normalisation(size, pedestal, 1.0))
    largest = float(cutouts.vectors.max(initial=0.0))
    normalisation = Normalisation(size, pedestal, largest if largest > 0 else 1.0)
    # In place: of a hundred scenes this is half a gigabyte.
    cutouts.vectors[:] /= np.float32(normalisation.maximum)
    return cutouts, normalisation


def mix_classes(
    blended: np.ndarray, mixture: str, most: int, rng: np.random.Generator, fewest: int = 2
) -> np.ndarray:
    """Choose the footprints to train on.

    Parameters
    ----------
    blended : `numpy.ndarray` of bool, (n,)
        The class of each.
    mixture : `str`
        ``"even"`` for as many blended as unblended footprints, as in the
        slides, or ``"natural"``.
    most : `int`
        Most footprints to choose.
    rng : `numpy.random.Generator`
        Chooses.
    fewest : `int`
        Footprints without which there is no training.

    Returns
    -------
    rows : `numpy.ndarray` of int
        In random order.

    Raises
    ------
    BadInputError
        If there are fewer than ``fewest``, or none of one class.
    """
    if mixture == "even":
        each = min(blended.sum(), (~blended).sum(), most // 2)
        rows = [rng.permutation(np.flatnonzero(blended == flag))[:each] for flag in (True, False)]
        rows = rng.permutation(np.concatenate(rows))
    else:
        rows = rng.permutation(len(blended))[:most]
    if len(rows) < fewest or len(np.unique(blended[rows])) < 2:
        raise BadInputError(
            f"the training scenes give {len(rows)} footprints to train on, {blended[rows].sum()}"
            f" of them blended; give more scenes, so that there are well above {fewest} of both"
            " classes."
        )
    return rows


def fit_components(vectors: np.ndarray, n_features: int, seed: int) -> Components:
    """Find the principal components of vectors, (n, n_values)."""
    pca = PCA(n_features, svd_solver="randomized", random_state=seed).fit(vectors)
    # Memory in the order of a package, so that sums round alike before and after packing.
    axes = np.ascontiguousarray(pca.components_, np.float32)
    return Components(pca.mean_.astype(np.float32), axes)


def fit_calibration(
    stated: np.ndarray, n_maxima: np.ndarray, blended: np.ndarray, calibration: str
) -> Calibration:
    """Calibrate on footprints kept apart.

    Parameters
    ----------
    stated, n_maxima, blended
        See `~meas_blends.blends.calibration.Calibration.fit`.
    calibration : `str`
        ``"none"``, ``"curve"`` for one of all footprints, or
        ``"curves_by_maxima"``.
    """
    if calibration == "none":
        return Calibration.none()
    return Calibration.fit(stated, n_maxima, blended, calibration == "curves_by_maxima")


def best_threshold(apart: LabelledCutouts, mixture: str, calibration: str) -> float:
    """Blend probability above which to call a footprint blended.

    The balanced accuracy is best at the share of blends among the footprints
    that probabilities are right for: those kept apart if they are calibrated
    on them, else those of the training. At an even mixture that is one half,
    where the slides' Gaussian process has f = 0.
    """
    if calibration == "none" and mixture == "even":
        return 0.5
    return float(apart.blended.mean())


def common_arguments(
    known: LabelledCutouts,
    held: LabelledCutouts,
    normalisation: Normalisation | BandNormalisation,
    mixture: str,
    calibration: str,
    **facts: Any,
) -> tuple[Normalisation | BandNormalisation, Familiar, float, dict[str, Any]]:
    """Make the arguments that all classifiers of cutouts take.

    Parameters
    ----------
    known, held : `LabelledCutouts`
        Learnt from, and kept apart to calibrate on.
    normalisation : `~meas_blends.blends.normalise.Normalisation`
        What was done to them.
    mixture, calibration : `str`
        See `mix_classes` and `fit_calibration`.
    **facts
        What else the package says of its training: YAML types only.

    Returns
    -------
    normalisation, familiar, threshold, training
        See `~meas_blends.blends.classifiers.cutout.CutoutClassifier`.
    """
    training = {
        "footprints": len(known.n_objects),
        "calibrated_on": len(held.n_objects),
        "mixture": mixture,
        "calibration": calibration,
        **facts,
    }
    return normalisation, known.familiar, best_threshold(held, mixture, calibration), training
