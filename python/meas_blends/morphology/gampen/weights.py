"""Weights of GaMPEN as they are published: a state_dict of torch."""

from __future__ import annotations

import os
import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch

from ...errors import BadInputError
from ..gaussian import n_targets
from .network import GampenArchitecture, GampenNetwork
from .settings import GampenSettings

__all__ = ["check_shapes", "load_network", "read_weights"]

#: What torch.nn.DataParallel puts before each name.
_PREFIX = "module."

_CONVOLUTION = re.compile(r"vgg\.features\.(\d+)\.weight")

#: Layers from one convolution to the next with a pooling between them.
_POOLING_STEP = 4

#: Largest cutout that is looked for when the weights are of another size.
_LARGEST = 2000


def read_weights(path: str | os.PathLike[str]) -> dict[str, torch.Tensor]:
    """Read a state_dict. Nothing but tensors is unpickled.

    Parameters
    ----------
    path : path-like
        A file of ``torch.save(network.state_dict(), path)``.

    Returns
    -------
    state : `dict` [`str`, `torch.Tensor`]
        By name, ``module.`` taken off; mapped from the file where it allows
        that.

    Raises
    ------
    BadInputError
        If it cannot be read, or holds anything else.
    """
    path = Path(path)
    try:
        mapped = zipfile.is_zipfile(path)
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, ValueError) as error:
        reason = str(error).strip().splitlines()
        raise BadInputError(
            f"{path}: no weights can be read ({reason[0] if reason else 'an empty file'}); give a"
            " file of torch.save(network.state_dict(), path)."
        ) from error
    if not isinstance(state, Mapping) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in state.items()
    ):
        raise BadInputError(
            f"{path}: holds other things than named tensors; save the network's state_dict alone."
        )
    return {name.removeprefix(_PREFIX): tensor for name, tensor in state.items()}


def load_network(
    state: Mapping[str, torch.Tensor], cutout_size: int, dropout_rate: float, source: str
) -> GampenNetwork:
    """Make the network that weights belong to; those of float32 share their memory.

    Widths of the layers, channels and the number of targets follow from the
    shapes of the weights; the size of the cutouts does not.

    Parameters
    ----------
    state : `dict` [`str`, `torch.Tensor`]
    cutout_size : `int`
        Side of the images [pixel].
    dropout_rate : `float`
        Share of the elements that a dropout sets to zero.
    source : `str`
        Where the weights are from, for messages.

    Returns
    -------
    network : `~meas_blends.morphology.gampen.network.GampenNetwork`
        In evaluation mode.

    Raises
    ------
    BadInputError
        If they are not those of a GaMPEN network for such cutouts.
    """
    try:
        architecture = _architecture(state, cutout_size)
    except (KeyError, IndexError, ValueError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadInputError(
            f"{source}: not the weights of a GaMPEN network ({reason}); give those of one with a"
            " scale-only spatial transformer and VGG."
        ) from error
    # No memory is filled with numbers that the weights replace.
    with torch.device("meta"):
        network = GampenNetwork(architecture, dropout_rate)
    wanted = network.state_dict()
    _check_names(state, wanted, source)
    _check_cutout_size(state, architecture, source)
    for name, tensor in wanted.items():
        if state[name].shape != tensor.shape:
            raise BadInputError(
                f"{source}: {name} has shape {tuple(state[name].shape)}, where"
                f" {tuple(tensor.shape)} is needed; give the weights of a GaMPEN network."
            )
        if not state[name].is_floating_point():
            raise BadInputError(
                f"{source}: {name} holds {state[name].dtype}, where floating-point numbers are"
                " needed; give the weights of a GaMPEN network."
            )
    network.load_state_dict({name: t.float() for name, t in state.items()}, assign=True)
    return network.requires_grad_(False).eval()


def check_shapes(network: GampenNetwork, settings: GampenSettings, source: str) -> None:
    """Check that targets and bands of the settings are those of a network.

    Raises
    ------
    BadInputError
        If their numbers differ.
    """
    architecture = network.architecture
    if len(settings.targets) != architecture.n_targets:
        raise BadInputError(
            f"{source}: {len(settings.targets)} targets in the settings, but the weights are for"
            f" {architecture.n_targets}; give one for each."
        )
    if len(settings.bands) not in (1, architecture.channels):
        raise BadInputError(
            f"{source}: {len(settings.bands)} bands in the settings, but the weights are for"
            f" {architecture.channels} channels; give one band for each, or one for all."
        )


def _architecture(state: Mapping[str, torch.Tensor], cutout_size: int) -> GampenArchitecture:
    """Sizes of the layers, from the shapes of the weights."""
    found = (_CONVOLUTION.fullmatch(name) for name in state)
    numbers = sorted(int(match.group(1)) for match in found if match)
    blocks: list[list[int]] = []
    for previous, number in zip([-_POOLING_STEP, *numbers], numbers, strict=False):
        if number - previous >= _POOLING_STEP:
            blocks.append([])
        blocks[-1].append(len(state[f"vgg.features.{number}.weight"]))
    return GampenArchitecture(
        cutout_size=cutout_size,
        channels=state["localization.0.weight"].shape[1],
        n_targets=n_targets(len(state["vgg.classifier.6.weight"])),
        localisation=(len(state["localization.0.weight"]), len(state["localization.3.weight"])),
        blocks=tuple(tuple(block) for block in blocks),
        hidden=(len(state["vgg.classifier.0.weight"]), len(state["vgg.classifier.3.weight"])),
    )


def _check_names(
    state: Mapping[str, torch.Tensor], wanted: Mapping[str, torch.Tensor], source: str
) -> None:
    for names, what in (
        ([name for name in wanted if name not in state], "lacks"),
        ([name for name in state if name not in wanted], "has, and GaMPEN has not,"),
    ):
        if names:
            shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
            raise BadInputError(
                f"{source}: {what} {shown}; give the weights of a GaMPEN network with a scale-only"
                " spatial transformer and VGG."
            )


def _check_cutout_size(
    state: Mapping[str, torch.Tensor], architecture: GampenArchitecture, source: str
) -> None:
    inputs = state["fc_loc.0.weight"].shape[1]
    if inputs == architecture.localised:
        return
    fitting = [
        size
        for size in range(GampenArchitecture.SMALLEST, _LARGEST)
        if architecture.resized(size).localised == inputs
    ]
    hint = f"of {fitting[0]} to {fitting[-1]}" if fitting else "of no"
    raise BadInputError(
        f"{source}: cutout_size is {architecture.cutout_size}, but the weights are for cutouts"
        f" {hint} pixels; give the size that they were trained with."
    )
