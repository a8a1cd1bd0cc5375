"""A classifier that sees nothing of a footprint but its area."""

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from meas_blends.blends.classifier import Classifier, Prediction
from meas_blends.blends.classifiers.table import CountTable
from meas_blends.blends.conditions import LearnedConditions
from meas_blends.data.packages import ModelPackage


def log_area(detections):
    """Logarithm of each footprint's area in units of the PSF's sigma squared."""
    return np.log(np.diff(detections.pixels.first) / detections.filtered.sigma**2)


class AreaClassifier(Classifier):
    """The larger, the likelier a blend: logistic in the logarithm of the area."""

    kind = "blend_area"

    def __init__(self, weight, constant, table, threshold, largest):
        self.weight = weight
        self.constant = constant
        self.table = table
        self.threshold = threshold
        self.largest = largest
        self.learned = LearnedConditions.any()

    def predict(self, detections):
        """Say how many objects the footprints of an image hold."""
        size = log_area(detections)
        blended = expit(self.weight * size + self.constant)
        return Prediction(self.table.counts(blended, detections.n_maxima), size > self.largest)

    def to_package(self, name, version, description):
        """Pack the classifier: plain numbers in ``meta``, arrays beside them."""
        meta = {
            "weight": self.weight,
            "constant": self.constant,
            "threshold": self.threshold,
            "largest": self.largest,
            "conditions": self.learned.to_meta(),
        }
        arrays = {"counts": self.table.given_blended}
        return ModelPackage(self.kind, name, version, description, meta, arrays)

    @classmethod
    def from_package(cls, package):
        """Unpack a classifier."""
        meta = package.meta
        table = CountTable(package.arrays["counts"])
        model = cls(meta["weight"], meta["constant"], table, meta["threshold"], meta["largest"])
        model.learned = LearnedConditions.from_meta(meta["conditions"])
        model.label = package.label
        return model


def train_area(training, apart, rng, penalty):
    """Fit the curve; scenes are read one at a time, so look at each once. Nothing is drawn."""
    columns = [(log_area(s.detections), s.n_objects, s.detections.n_maxima) for s in training]
    size, n_objects, n_maxima = map(np.concatenate, zip(*columns, strict=True))
    known = n_objects > 0
    fit = LogisticRegression(C=1 / penalty).fit(size[known, None], n_objects[known] > 1)
    held = np.concatenate([scene.n_objects for scene in apart])
    return AreaClassifier(
        float(fit.coef_[0, 0]),
        float(fit.intercept_[0]),
        CountTable.learn(n_objects, n_maxima),
        # Probabilities at the natural mixture: the share of blends balances the accuracies.
        float(np.mean(held[held > 0] > 1)),
        float(size.max()),
    )
