"""The default classifier: a network's embedding, and a Gaussian process on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from ...data.packages import BLEND_GP, ModelPackage
from ...errors import BadInputError
from ..calibration import CountCalibration
from ..classifier import Classifier, Prediction
from ..conditions import LearnedConditions
from ..detections import Detections
from ..network.look import look
from ..network.model import BlendNetwork
from ..network.places import find_places
from ..unusual import Familiar, footprint_measures
from .neighbours import NeighbourProcess
from .packing import check_kind, pack_calibration, unpack_calibration

__all__ = ["Coordinates", "GpClassifier"]

#: Least probability of a count before calibration.
_LEAST = 1e-3

_NETWORK = "network."


@dataclass(frozen=True)
class Coordinates:
    """Where footprints lie in the space of the Gaussian process.

    Parameters
    ----------
    centre : `numpy.ndarray`, (n_embedding,)
        Of the embedding.
    axes : `numpy.ndarray`, (n_embedding, n_embedding)
        Its principal axes, each divided by the root of its standard deviation.
    """

    centre: np.ndarray
    axes: np.ndarray

    def __call__(self, embedding: np.ndarray, features: np.ndarray) -> np.ndarray:
        """Coordinates, float32 (n, n_embedding + 2): embedding, area, brightness."""
        turned = (embedding - self.centre) @ self.axes
        return np.concatenate([turned, features[:, :2]], axis=1).astype(np.float32)


@dataclass
class GpClassifier(Classifier):
    """A nearest-neighbour Gaussian process over a learned embedding.

    The network looks at the whole coadd and gives each footprint an
    embedding; with the footprint's area and brightness it is the space of a
    Gaussian process in the manner of MuyGPs, one for each number of objects,
    on targets 1 and 0. The slides propose a prior mean that knows the
    footprint's size: here it is the network's own answer, which has seen all
    of the footprint.

    Parameters
    ----------
    network : `~meas_blends.blends.network.model.BlendNetwork`
        In evaluation mode.
    coordinates : `Coordinates`
        From what it saw to the process's space.
    scales : `numpy.ndarray` of float32, (d,)
        Inverse length scale of each coordinate.
    process : `~meas_blends.blends.classifiers.neighbours.NeighbourProcess`
        On coordinates in length scales.
    familiar : `~meas_blends.blends.unusual.Familiar`
        What footprints it was trained on.
    calibration : `~meas_blends.blends.calibration.CountCalibration`
        From the process's posterior means to probabilities.
    threshold : `float`
        Blend probability above which to call a footprint blended.
    place_error_scale : `float`
        Factor on the network's own errors of places.
    learned : `~meas_blends.blends.conditions.LearnedConditions`
        What its training's footprints were seen under.
    training : `dict`
        What it was trained on: YAML types only.
    """

    kind = BLEND_GP

    network: BlendNetwork
    coordinates: Coordinates
    scales: np.ndarray
    process: NeighbourProcess
    familiar: Familiar
    calibration: CountCalibration = field(default_factory=CountCalibration.none)
    threshold: float = 0.5
    place_error_scale: float = 1.0
    learned: LearnedConditions = field(default_factory=LearnedConditions.any)
    training: dict[str, Any] = field(default_factory=dict)
    label: str = ""

    @property
    def others(self) -> tuple[str, ...]:
        """Bands that it looks at besides the reference."""
        return tuple(self.network.settings["others"])

    def predict(self, detections: Detections) -> Prediction:
        """Say how many objects the footprints of an image hold, and where."""
        sight = look(self.network, detections)
        stated = self.stated(sight.embedding, sight.features, sight.counts)
        return Prediction(
            self.calibration(stated, detections.n_maxima),
            self.familiar.is_unusual(footprint_measures(detections)),
            find_places(sight, self.place_error_scale),
        )

    def stated(self, embedding: np.ndarray, features: np.ndarray, prior: np.ndarray) -> np.ndarray:
        """Probabilities of the counts before calibration.

        Parameters
        ----------
        embedding, features, prior : `numpy.ndarray`, (n, ...)
            ``embedding``, ``features`` and ``counts`` of
            `~meas_blends.blends.network.look.Sight`.

        Returns
        -------
        stated : `numpy.ndarray`, (n, 4)
        """
        where = self.coordinates(embedding, features)
        mean, _ = self.process.predict(where * self.scales)
        stated = np.maximum(prior + mean, _LEAST)
        return stated / stated.sum(axis=1, keepdims=True)

    def to_package(self, name: str, version: str, description: str) -> ModelPackage:
        """Pack the classifier."""
        arrays = {_NETWORK + key: value.numpy() for key, value in self.network.state_dict().items()}
        arrays |= {
            "centre": self.coordinates.centre,
            "axes": self.coordinates.axes,
            "scales": self.scales,
            "points": self.process.points,
            "values": self.process.values,
            "familiar_mean": self.familiar.mean,
            "familiar_whitening": self.familiar.whitening,
            **pack_calibration(self.calibration),
        }
        meta = {
            "network": self.network.settings,
            "noise": self.process.noise,
            "n_neighbours": self.process.n_neighbours,
            "familiar_distance": self.familiar.limit,
            "threshold": self.threshold,
            "place_error_scale": self.place_error_scale,
            "conditions": self.learned.to_meta(),
            "training": self.training,
        }
        return ModelPackage(self.kind, name, version, description, meta, arrays)

    @classmethod
    def from_package(cls, package: ModelPackage) -> GpClassifier:
        """Unpack a classifier.

        Raises
        ------
        BadInputError
            If the package is of another kind or incomplete.
        """
        check_kind(package, cls.kind)
        meta, arrays = package.meta, package.arrays
        try:
            return cls(
                _unpack_network(meta["network"], arrays),
                Coordinates(arrays["centre"], arrays["axes"]),
                arrays["scales"],
                _unpack_process(meta, arrays),
                Familiar(
                    arrays["familiar_mean"],
                    arrays["familiar_whitening"],
                    float(meta["familiar_distance"]),
                ),
                unpack_calibration(arrays),
                float(meta["threshold"]),
                float(meta["place_error_scale"]),
                LearnedConditions.from_meta(meta["conditions"]),
                meta.get("training", {}),
                package.label,
            )
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise BadInputError(
                f"{package.name}: the model package lacks or misshapes a part"
                f" ({str(error).splitlines()[0]}); copy or train it anew."
            ) from error


def _unpack_network(settings: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> BlendNetwork:
    """Build the network in evaluation mode."""
    network = BlendNetwork(**settings)
    state = {
        key.removeprefix(_NETWORK): torch.from_numpy(value)
        for key, value in arrays.items()
        if key.startswith(_NETWORK)
    }
    network.load_state_dict(state)
    return network.to(memory_format=torch.channels_last).eval()


def _unpack_process(meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> NeighbourProcess:
    """Build the Gaussian process on its examples."""
    points, n_neighbours = arrays["points"], int(meta["n_neighbours"])
    if not 1 <= n_neighbours < len(points):
        raise ValueError(f"n_neighbours {n_neighbours} of {len(points)} examples")
    return NeighbourProcess(points, arrays["values"], float(meta["noise"]), n_neighbours)
