import inspect

from meas_blends.blends.training.gp_pca_bands import train_gp_pca_bands
from meas_blends.tasks.trainers.gp_pca_bands import GpPcaBandsTrainerConfig


def test_the_configuration_is_that_of_the_training():
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(train_gp_pca_bands).parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
    fields = GpPcaBandsTrainerConfig().toDict()
    as_tuples = {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }
    assert as_tuples == defaults
