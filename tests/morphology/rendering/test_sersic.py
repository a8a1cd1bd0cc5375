"""The shipped transforms of Sersic profiles."""

import numpy as np
import torch

from meas_blends.morphology.rendering.sersic import (
    SersicTables,
    index_nodes,
    log_k_grid,
    make_transforms,
)


def test_the_shipped_tables_are_what_their_function_makes():
    some = log_k_grid()[[0, 700, 1600, 2200]]
    for node in (0, 5):
        index = index_nodes()[node]
        values = SersicTables(torch.tensor([index]))(torch.tensor(some).float()[None])
        np.testing.assert_allclose(values[0], make_transforms(index, some), atol=1e-6)


def test_between_the_nodes_they_are_interpolated():
    log_k = np.log([0.3, 1.0, 4.0, 30.0])
    index = torch.tensor([1.0, 0.55, 4.0])
    values = SersicTables(index)(torch.tensor(log_k).float().expand(3, -1).clone())
    np.testing.assert_allclose(values[2], make_transforms(4.0, log_k), atol=2e-5)
    # An exponential disk's is known: (1 + (k h)^2)^(-3/2), with r_e = 1.67835 h.
    expected = (1 + (np.exp(log_k) / 1.6783469900166605) ** 2) ** -1.5
    np.testing.assert_allclose(values[0], expected, atol=2e-5)


def test_slopes_are_those_of_the_values():
    log_k, step = torch.tensor([[-0.5, 0.7, 2.0]]), 0.02
    index = torch.tensor([1.3], dtype=torch.float64)

    def values(index, log_k):
        return SersicTables(index)(log_k.clone())[0]

    found = SersicTables(index, slopes=True).with_slopes(log_k.clone())
    by_k = (values(index, log_k + step) - values(index, log_k - step)) / (2 * step)
    factor = np.exp(step)
    by_n = (values(index * factor, log_k) - values(index / factor, log_k)) / (2 * step)
    np.testing.assert_allclose(found[0][0], values(index, log_k), atol=1e-5)
    np.testing.assert_allclose(found[1][0], by_k, atol=2e-3)
    np.testing.assert_allclose(found[2][0], by_n, atol=2e-3)
