"""Sharing of pixels among children."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from meas_blends.deblending.shares import child_stamps, light_shares, shared_fluxes

LIGHT = arrays(np.float32, (3, 2, 4, 5), elements=st.floats(-1, 1e4, width=32))


@given(LIGHT)
def test_shares_make_up_the_whole_wherever_there_is_a_model(models):
    shares = light_shares(models)
    assert np.all((shares >= 0) & (shares <= 1))
    reached = (models > 1e-30).any(axis=0)
    assert np.allclose(shares.sum(axis=0)[reached], 1)
    assert not shares.sum(axis=0)[(models <= 0).all(axis=0)].any()


def test_stamps_hold_the_data_where_there_are_any_and_models_elsewhere():
    models = np.array([[[[3.0, 1.0, 2.0]]], [[[1.0, 1.0, 0.0]]]])
    images = np.array([[[8.0, -2.0, 5.0]]])
    usable = np.array([[[True, True, False]]])
    stamps = child_stamps(images, usable, models, light_shares(models))
    assert stamps[:, 0, 0].tolist() == [[6.0, -1.0, 2.0], [2.0, -1.0, 0.0]]


def test_fluxes_and_errors_of_shares():
    shares = np.array([[[[0.75, 0.5, 1.0]]], [[[0.25, 0.5, 0.0]]]])
    images, weights = np.array([[[8.0, 2.0, 5.0]]]), np.array([[[0.25, 0.25, 0.0]]])
    own = np.array([[True, False, True]])
    fluxes, errors = shared_fluxes(images, weights, own, shares)
    # Of the three pixels one is not the footprint's, and one is not usable.
    assert fluxes[:, 0] == pytest.approx([6.0, 2.0])
    assert errors[:, 0] == pytest.approx([1.5, 0.5])
