"""The slides' network."""

import numpy as np
import torch
from torch import nn

from meas_blends.blends.classifiers.cnn import make_network


def test_the_layers_are_those_of_the_slides():
    network = make_network()
    kinds = [type(layer).__name__ for layer in network]
    block = ["Conv2d", "ReLU", "MaxPool2d"]
    dense = ["Linear", "ReLU"]
    expected = [*block, *block, "Flatten", *dense, "Dropout", *dense, "Dropout", *dense, "Linear"]
    assert kinds == expected
    # By Keras's own count for an input of (23, 23, 1).
    sizes = [1280, 73792, 820000, 320400, 80200, 402]
    layers = [layer for layer in network if isinstance(layer, nn.Conv2d | nn.Linear)]
    assert [layer.weight.numel() + layer.bias.numel() for layer in layers] == sizes
    assert [layer.p for layer in network if isinstance(layer, nn.Dropout)] == [0.2, 0.2]


def test_weights_start_as_keras_starts_them():
    torch.manual_seed(1)
    layer = make_network()[7]
    limit = np.sqrt(6 / (1024 + 800))
    assert 0.99 * limit < float(layer.weight.detach().abs().max()) <= limit
    assert not layer.bias.any()


def test_batches_make_no_difference(toy_models, toy_scenes, monkeypatch):
    model = toy_models["cnn"]
    vectors = model.normalisation(toy_scenes[1][0].detections)
    whole = model.stated(vectors)
    monkeypatch.setattr("meas_blends.blends.classifiers.cnn._BATCH", 7)
    np.testing.assert_allclose(model.stated(vectors), whole, rtol=1e-5, atol=1e-6)
