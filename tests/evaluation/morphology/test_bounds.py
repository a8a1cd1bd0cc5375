"""Cramer-Rao bounds of the galaxies of a set."""

import numpy as np
import pytest

from meas_blends.data.galaxy_tables import GALAXY_TARGETS
from meas_blends.errors import BadInputError
from meas_blends.evaluation.morphology.bounds import bound_set, sample_of_set
from meas_blends.tasks.bound_galaxies import BoundGalaxiesTask
from meas_blends.tasks.simulate_galaxies import SimulateGalaxiesTask


@pytest.fixture(scope="module")
def galaxies():
    config = SimulateGalaxiesTask.ConfigClass()
    config.n_galaxies, config.size, config.n_psf, config.survey = 12, 32, 2, "lsst_i"
    config.galaxies.population = "log_uniform"
    config.galaxies.radius = [0.3, 1.0]
    return SimulateGalaxiesTask(config=config).run().galaxies


def test_the_sample_is_what_was_drawn(galaxies):
    sample = sample_of_set(galaxies, 250.0)
    np.testing.assert_allclose(
        sample.half_light_radius, galaxies.galaxies["halfLightRadius"], rtol=1e-4
    )
    # The S/N of a galaxy in white noise is at most its flux over that of one pixel.
    assert (sample.flux > sample.signal_to_noise).all()


def test_bounds_fall_with_the_signal(galaxies):
    config = BoundGalaxiesTask.ConfigClass()
    config.survey, config.size, config.n_galaxies = "lsst_i", 32, 10
    table = BoundGalaxiesTask(config=config).run(galaxies).bounds
    np.testing.assert_array_equal(table["galaxyId"], galaxies.galaxies["galaxyId"][:10])
    signal = np.asarray(galaxies.galaxies["signalToNoise"][:10], float)
    # The flux of no galaxy is known better than that of a star.
    assert (table["boundLogFlux"] > 0.9 / signal).all()
    assert np.corrcoef(np.log(signal), np.log(table["boundLogFlux"]))[0, 1] < -0.9


def test_less_is_known_where_the_psf_is_not(galaxies):
    sure, unsure = (bound_set(galaxies, 12, 32, 250.0, e, 0.001) for e in (0.001, 0.05))
    assert (unsure["boundLogRadius"] > sure["boundLogRadius"]).all()


def test_a_set_that_does_not_say_what_it_is_made_of(galaxies):
    bare = type(galaxies)(
        galaxies.images,
        galaxies.psf[:1],
        galaxies.galaxies[list(GALAXY_TARGETS)],
        0.2,
        27.0,
        name="mine.fits",
    )
    with pytest.raises(BadInputError, match=r"mine.fits: bounds need.*leave out the bounds"):
        bound_set(bare, 3, 32, 250.0, 0.01, 0.02)
