"""Published weights and their settings become a model package."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import torch

from ...data.packages import ModelPackage
from ...errors import BadInputError
from .estimator import GampenEstimator
from .settings import GampenSettings
from .weights import check_shapes, load_network, read_weights

__all__ = ["import_gampen"]


def import_gampen(
    weights: str | os.PathLike[str], settings: str | os.PathLike[str], name: str
) -> ModelPackage:
    """Make a model package of published weights.

    Parameters
    ----------
    weights : path-like
        A state_dict of torch, see `~meas_blends.morphology.gampen.weights.read_weights`.
    settings : path-like
        A settings file, see `~meas_blends.morphology.gampen.settings.GampenSettings`.
    name : `str`
        Of the package. Its version is the beginning of the weights' SHA-256.

    Returns
    -------
    package : `~meas_blends.data.packages.ModelPackage`

    Raises
    ------
    BadInputError
        If one of the files cannot be read, or they do not fit each other.
    """
    known = GampenSettings.from_file(settings)
    state = read_weights(weights)
    network = load_network(state, known.cutout_size, known.dropout_rate, str(weights))
    check_shapes(network, known, str(settings))
    for key, tensor in network.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise BadInputError(
                f"{weights}: {key} holds numbers that are not finite; copy the file anew."
            )
    with open(weights, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return GampenEstimator(network, known).to_package(
        name,
        digest[:8],
        "GaMPEN (Ghosh et al. 2022), imported weights",
        {"imported": {"file": Path(weights).name, "sha256": digest}},
    )
