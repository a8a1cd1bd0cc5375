"""The peak finders of the classifiers that come with meas_blends."""

from __future__ import annotations

from ...blends.classifier import Classifier
from ...blends.classifiers.ensemble import EnsembleClassifier, member_names
from ...data.packages import (
    BLEND_CNN,
    BLEND_ENSEMBLE,
    BLEND_GP,
    BLEND_GP_PCA,
    BLEND_GP_PCA_BANDS,
    BLEND_LOGISTIC,
    ModelPackage,
    find_package,
)
from .trained import TrainedPeakFinderConfig, TrainedPeakFinderTask

__all__ = ["CnnTask", "EnsembleTask", "GpPcaBandsTask", "GpPcaTask", "GpTask", "LogisticTask"]

_CLASSIFIERS = "meas_blends.blends.classifiers"


class LogisticConfig(TrainedPeakFinderConfig):
    """Configuration of `LogisticTask`."""

    def setDefaults(self) -> None:
        super().setDefaults()
        self.model = "logistic_lsst_i"


class LogisticTask(TrainedPeakFinderTask):
    """Logistic regression on principal components."""

    ConfigClass = LogisticConfig
    _DefaultName = "logistic"
    finder = "logistic"
    kind = BLEND_LOGISTIC
    classifier = f"{_CLASSIFIERS}.logistic:LogisticClassifier"


class CnnConfig(TrainedPeakFinderConfig):
    """Configuration of `CnnTask`."""

    def setDefaults(self) -> None:
        super().setDefaults()
        self.model = "cnn_lsst_i"


class CnnTask(TrainedPeakFinderTask):
    """The convolutional network of Buchanan et al. (2022)."""

    ConfigClass = CnnConfig
    _DefaultName = "cnn"
    finder = "cnn"
    kind = BLEND_CNN
    classifier = f"{_CLASSIFIERS}.cnn:CnnClassifier"


class GpPcaConfig(TrainedPeakFinderConfig):
    """Configuration of `GpPcaTask`."""

    def setDefaults(self) -> None:
        super().setDefaults()
        self.model = "gp_pca_lsst_i"


class GpPcaTask(TrainedPeakFinderTask):
    """The Gaussian process of Buchanan et al. (2022)."""

    ConfigClass = GpPcaConfig
    _DefaultName = "gpPca"
    finder = "gp_pca"
    kind = BLEND_GP_PCA
    classifier = f"{_CLASSIFIERS}.gp_pca:GpPcaClassifier"


class GpPcaBandsConfig(TrainedPeakFinderConfig):
    """Configuration of `GpPcaBandsTask`."""

    def setDefaults(self) -> None:
        super().setDefaults()
        self.model = ""


class GpPcaBandsTask(TrainedPeakFinderTask):
    """A Gaussian process on the principal components of several bands; no model is shipped."""

    ConfigClass = GpPcaBandsConfig
    _DefaultName = "gpPcaBands"
    finder = "gp_pca_bands"
    kind = BLEND_GP_PCA_BANDS
    classifier = f"{_CLASSIFIERS}.gp_pca_bands:GpPcaBandsClassifier"


class GpConfig(TrainedPeakFinderConfig):
    """Configuration of `GpTask`."""

    def setDefaults(self) -> None:
        super().setDefaults()
        self.model = "gp_lsst_i"


class GpTask(TrainedPeakFinderTask):
    """A Gaussian process on a learned embedding and features of the footprint."""

    ConfigClass = GpConfig
    _DefaultName = "gp"
    finder = "gp"
    kind = BLEND_GP
    classifier = f"{_CLASSIFIERS}.gp:GpClassifier"


class EnsembleConfig(TrainedPeakFinderConfig):
    """Configuration of `EnsembleTask`."""

    def setDefaults(self) -> None:
        super().setDefaults()
        self.model = "ensemble_lsst_i"


class EnsembleTask(TrainedPeakFinderTask):
    """Several classifiers together."""

    ConfigClass = EnsembleConfig
    _DefaultName = "ensemble"
    finder = "ensemble"
    kind = BLEND_ENSEMBLE
    classifier = f"{_CLASSIFIERS}.ensemble:EnsembleClassifier"

    def _unpack(self, package: ModelPackage) -> Classifier:
        """Build the ensemble, and its members from their own packages."""
        members = {name: find_package(name) for name in member_names(package)}
        return EnsembleClassifier.from_package(package, members)
