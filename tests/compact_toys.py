"""Small compact networks for tests."""

import numpy as np
import torch

from meas_blends.morphology.calibration import Calibration, SeeingCalibration
from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.inputs import InputLayout
from meas_blends.morphology.network import CompactNetwork
from meas_blends.morphology.posterior import NORMAL_QUANTILES

#: Stamps of 32 pixels, one view, the aperture of two PSF widths.
LAYOUT = InputLayout(32, (1,), 32, (2.0,))
WIDTHS = (4, 4, 4, 4, 4)

#: Leaves the network's Gaussian as it is.
NEUTRAL = SeeingCalibration(Calibration(np.array([0.0, 1.0]), np.tile(NORMAL_QUANTILES, (2, 3, 1))))


def constant_network(outputs=(0.0,) * 9, layout=LAYOUT):
    """Network that gives these nine numbers for every stamp."""
    network = CompactNetwork(layout, WIDTHS)
    network.head[-1].weight.data.zero_()
    network.head[-1].bias.data[:] = torch.tensor(outputs)
    return network


def constant_estimator(mean, std, calibration=NEUTRAL, limits=None):
    """Estimator whose every answer is the standard Gaussian, scaled."""
    return CompactEstimator([constant_network()], mean, std, calibration, limits)
