"""Values that a population can have."""

import pytest

from meas_blends.errors import BadInputError
from meas_blends.simulation.relations import Population


def test_published_values_can_be_had():
    assert Population().density == 46.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"radius": 0.0},
        {"size_scale": float("nan")},
        {"density": -1.0},
        {"clustered_fraction": 1.5},
        {"mag_bright": 25.0, "mag_faint": 24.0},
        {"lensing": -1.0},
    ],
)
def test_refuses_wrong_values(wrong):
    with pytest.raises(BadInputError, match=next(iter(wrong))):
        Population(**wrong)
