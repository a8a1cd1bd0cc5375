"""The Gaussian-process blend classifier: PCA features, MuyGPs posterior, probability."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from MuyGPyS.gp import MuyGPS
from MuyGPyS.gp.deformation import Isotropy, l2
from MuyGPyS.gp.hyperparameter import FixedScale, Parameter
from MuyGPyS.gp.kernels import Matern
from MuyGPyS.gp.noise import HomoscedasticNoise
from MuyGPyS.neighbors import NN_Wrapper
from scipy.special import ndtr
from sklearn.decomposition import PCA

from ..data.packages import BLEND_GP, ModelPackage
from .calibration import Calibration
from .normalise import normalise

__all__ = ["BlendGaussianProcess", "Embedding", "make_muygps"]

#: Footprints whose (k, k) kernel matrices are held in memory together.
_BATCH = 512


@dataclass(frozen=True)
class Embedding:
    """From cutouts to features: normalise, project.

    Normalised cutouts (`~meas_blends.blends.normalise.normalise`) are
    projected on the principal components of the training cutouts
    ("Preprocessing" and "PCA components" of the slides; Buchanan et al. 2022,
    Sec. 3.2). Each component is divided by the root of its standard
    deviation, since the large first ones, brightness and size, would
    otherwise drown the later ones, which hold the structure.

    Parameters
    ----------
    size : `int`
        Side of the cutouts [pixel].
    mean : `numpy.ndarray`, (n_values,)
        Mean of the normalised training cutouts.
    components : `numpy.ndarray`, (n_features, n_values)
        Principal axes, scaled.
    """

    size: int
    mean: np.ndarray
    components: np.ndarray

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Embed cutouts, (n, size, size) pixel S/N -> (n, n_features)."""
        return (normalise(images) - self.mean) @ self.components.T

    @classmethod
    def fit(cls, images: np.ndarray, n_features: int, seed: int) -> Embedding:
        """Find the principal components of cutouts, (n, size, size)."""
        pca = PCA(n_features, svd_solver="randomized", random_state=seed)
        pca.fit(normalise(images))
        scale = np.sqrt(np.sqrt(pca.explained_variance_))
        return cls(images.shape[-1], pca.mean_, pca.components_ / scale[:, None])


def make_muygps(nu: float, length_scale: Parameter | float, noise: float) -> MuyGPS:
    """Build a MuyGPs model with a Matern kernel and unit scale.

    Parameters
    ----------
    nu : `float`
        Smoothness; 0.5, 1.5, 2.5 and infinity are fast.
    length_scale : `MuyGPyS.gp.hyperparameter.Parameter` or `float`
        Length scale, free if a parameter with bounds.
    noise : `float`
        Variance of the labels' noise, in units of the prior's.
    """
    if not isinstance(length_scale, Parameter):
        length_scale = Parameter(length_scale)
    return MuyGPS(
        kernel=Matern(
            smoothness=Parameter(nu),
            deformation=Isotropy(metric=l2, length_scale=length_scale),
        ),
        noise=HomoscedasticNoise(noise),
        scale=FixedScale(),
    )


@dataclass
class BlendGaussianProcess:
    """A trained Gaussian process on labels +1 (blended) and -1 (unblended).

    The posterior of a footprint's blendedness f given its nearest training
    footprints is Gaussian, with the mean and variance of the slides' "More
    math" restricted to the neighbours (MuyGPs, Muyskens et al. 2021). Its
    blend probability is P(f > 0), calibrated.

    Parameters
    ----------
    embedding : `Embedding`
        From cutouts to features.
    features : `numpy.ndarray`, (n_train, n_features)
        Of the training footprints.
    targets : `numpy.ndarray`, (n_train,)
        +1 blended, -1 unblended.
    counts : `numpy.ndarray`, (4, 3)
        P(2, 3, 4 or more objects | blended, number of local maxima), rows for
        1, 2, 3, 4 or more maxima.
    nu, length_scale, noise : `float`
        Hyperparameters, see `make_muygps`.
    scale : `float`
        sigma^2, which multiplies the posterior variance.
    n_neighbours : `int`
        Training footprints that each prediction rests on.
    calibration : `Calibration`, optional
        From P(f > 0) to the share of blends; as it stands if not given.
    psf_sigma : `tuple` [`float`, `float`]
        Least and largest PSF width of the training coadds [pixel].
    label : `str`
        Name and version of the model package.
    meta : `dict`
        What it was trained on.
    """

    embedding: Embedding
    features: np.ndarray
    targets: np.ndarray
    counts: np.ndarray
    nu: float
    length_scale: float
    noise: float
    scale: float
    n_neighbours: int
    calibration: Calibration = field(default_factory=Calibration.none)
    psf_sigma: tuple[float, float] = (0.0, float("inf"))
    label: str = ""
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._muygps = make_muygps(self.nu, self.length_scale, self.noise)
        # One thread: a batch of queries is small, and the caller may be one of many.
        self._neighbours = NN_Wrapper(
            self.features, self.n_neighbours, algorithm="kd_tree", n_jobs=1
        )

    def posterior(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Posterior of the blendedness of cutouts.

        Parameters
        ----------
        images : `numpy.ndarray`, (n, size, size)
            Pixel S/N, from `~meas_blends.blends.cutouts.cut_footprints`.

        Returns
        -------
        mean, variance : `numpy.ndarray`, (n,)
        """
        mean, variance = np.empty(len(images)), np.empty(len(images))
        for start in range(0, len(images), _BATCH):
            part = slice(start, start + _BATCH)
            mean[part], variance[part] = self._predict(self.embedding(images[part]))
        return mean, variance * self.scale

    def probability(self, images: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Blend probability of footprints.

        Parameters
        ----------
        images : `numpy.ndarray`, (n, size, size)
            Their cutouts, pixel S/N.
        n_maxima : `numpy.ndarray` of int, (n,)
            Local maxima of each.

        Returns
        -------
        probability : `numpy.ndarray`, (n,)
        """
        mean, variance = self.posterior(images)
        stated = ndtr(mean / np.sqrt(np.maximum(variance, np.finfo(float).tiny)))
        return self.calibration(stated, n_maxima)

    def is_outside_training(self, psf_sigma: float, tolerance: float) -> bool:
        """Whether a PSF width [pixel] lies outside the training's by more than a share."""
        least, largest = self.psf_sigma
        return not least * (1 - tolerance) <= psf_sigma <= largest * (1 + tolerance)

    def _predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        neighbours, _ = self._neighbours.get_nns(features)
        crosswise, pairwise, targets = self._muygps.make_predict_tensors(
            np.arange(len(features)), neighbours, features, self.features, self.targets
        )
        k_in, k_cross = self._muygps.kernel(pairwise), self._muygps.kernel(crosswise)
        mean = self._muygps.posterior_mean(k_in, k_cross, targets)
        variance = self._muygps.posterior_variance(k_in, k_cross)
        return mean.reshape(-1), variance.reshape(-1)

    def count_probability(self, probability: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Probabilities of 1, 2, 3 and 4 or more objects.

        Parameters
        ----------
        probability : `numpy.ndarray`, (n,)
            Blend probability.
        n_maxima : `numpy.ndarray` of int, (n,)
            Local maxima of each footprint, at least 1.

        Returns
        -------
        counts : `numpy.ndarray`, (n, 4)
            Rows sum to 1.
        """
        given_blended = self.counts[np.clip(n_maxima, 1, 4) - 1]
        return np.column_stack([1 - probability, probability[:, None] * given_blended])

    def to_package(self, name: str, version: str, description: str) -> ModelPackage:
        """Pack the model for `~meas_blends.data.packages.ModelPackage.write`."""
        numbers = ("nu", "length_scale", "noise", "scale", "n_neighbours")
        hyperparameters = {number: getattr(self, number) for number in numbers}
        return ModelPackage(
            BLEND_GP,
            name,
            version,
            description,
            {
                "hyperparameters": hyperparameters,
                "cutout_size": self.embedding.size,
                "threshold": self.calibration.threshold,
                "psf_sigma": list(self.psf_sigma),
                **self.meta,
            },
            {
                "pca_mean": self.embedding.mean.astype(np.float32),
                "pca_components": self.embedding.components.astype(np.float32),
                "features": self.features.astype(np.float32),
                "targets": self.targets.astype(np.int8),
                "counts": self.counts.astype(np.float32),
                "stated": self.calibration.stated.astype(np.float32),
                "observed": self.calibration.observed.astype(np.float32),
            },
        )

    @classmethod
    def from_package(cls, package: ModelPackage) -> BlendGaussianProcess:
        """Unpack a model of kind ``blend_gp``."""
        arrays = package.arrays
        embedding = Embedding(
            int(package.meta["cutout_size"]), arrays["pca_mean"], arrays["pca_components"]
        )
        return cls(
            embedding,
            arrays["features"].astype(float),
            arrays["targets"].astype(float),
            arrays["counts"].astype(float),
            **package.meta["hyperparameters"],
            calibration=Calibration(
                arrays["stated"], arrays["observed"], float(package.meta["threshold"])
            ),
            psf_sigma=tuple(package.meta["psf_sigma"]),
            label=package.label,
        )
