"""From model packages to the classifiers that come with meas_blends."""

from __future__ import annotations

import importlib

from ...data.packages import (
    BLEND_CNN,
    BLEND_GP,
    BLEND_GP_PCA,
    BLEND_GP_PCA_BANDS,
    BLEND_LOGISTIC,
    ModelPackage,
)
from ...errors import BadInputError
from ..classifier import Classifier

__all__ = ["unpack_classifier"]

#: Module and class of each kind; imported when wanted, since some bring torch.
_CLASSES = {
    BLEND_LOGISTIC: "logistic:LogisticClassifier",
    BLEND_CNN: "cnn:CnnClassifier",
    BLEND_GP_PCA: "gp_pca:GpPcaClassifier",
    BLEND_GP_PCA_BANDS: "gp_pca_bands:GpPcaBandsClassifier",
    BLEND_GP: "gp:GpClassifier",
}


def unpack_classifier(package: ModelPackage) -> Classifier:
    """Unpack the classifier of a package.

    Raises
    ------
    BadInputError
        If its kind is none of ours.
    """
    if package.kind not in _CLASSES:
        raise BadInputError(
            f"{package.name}: a model package of kind {package.kind}, where one of"
            f" {', '.join(_CLASSES)} is needed; choose another one."
        )
    module, _, name = _CLASSES[package.kind].partition(":")
    return getattr(importlib.import_module(f".{module}", __package__), name).from_package(package)
