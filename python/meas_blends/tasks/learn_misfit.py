"""Learn anew what the refinement of a compact network is off by where no bulge and disk fits."""

from __future__ import annotations

import dataclasses

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import Field
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.packages import MORPHOLOGY_COMPACT, ModelPackage, find_package
from ..errors import BadInputError
from .morphology_trainers.compact import CompactTrainerConfig

__all__ = ["LearnMisfitConfig", "LearnMisfitConnections", "LearnMisfitTask"]


class LearnMisfitConnections(PipelineTaskConnections, dimensions=("skymap", "band")):
    """Nothing in but a package that the configuration names, a package out."""

    model = ct.Output(
        doc="The same network, with a misfit map.",
        name="misfit_morphology_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap", "band"),
    )


class LearnMisfitConfig(PipelineTaskConfig, pipelineConnections=LearnMisfitConnections):
    """Configuration of `LearnMisfitTask`."""

    start = Field[str](
        doc="Model package of a compact network: the name of a shipped one, or a folder. The"
        " galaxies without structure, and what all are seen in, are those of its training.",
        default="compact_lsst",
    )
    n_misfit = Field[int](
        doc="Galaxies, half of them with arms, bars, knots, cuts and tails, to learn from, at some"
        " 30 ms each for stamps of 64 pixels.",
        default=14_000,
        check=lambda number: number >= 1000,
    )
    n_test = Field[int](
        doc="Other galaxies, half of them with structure, that the reported metrics come from.",
        default=6_000,
        check=lambda number: number >= 100,
    )
    device = Field[str](doc="Where it runs: auto, cpu, cuda...", default="auto")
    version = Field[str](doc="Version of the new package.", default="1")
    seed = Field[int](doc="Seed of all randomness.", default=1, check=lambda value: value >= 0)


class LearnMisfitTask(PipelineTask):
    """Learn the misfit map of a package; network and calibrations stay as they are."""

    ConfigClass = LearnMisfitConfig
    _DefaultName = "learnMisfit"

    def run(self, scene: int = 0) -> Struct:
        """Learn a misfit map.

        Parameters
        ----------
        scene : `int`, optional
            Number of the run, 0 or more; each has its own galaxies.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``model``, a `~meas_blends.data.packages.ModelPackage`.

        Raises
        ------
        BadInputError
            If the package does not say what it was trained on.
        """
        from ..morphology.compact import CompactEstimator, choose_device
        from ..morphology.training.compact import learn_misfit, report_misfit

        config = self.config
        package = find_package(config.start, MORPHOLOGY_COMPACT)
        settings = _trainer(package)
        settings.n_misfit = config.n_misfit
        training = settings.training()
        estimator = CompactEstimator.from_package(package, choose_device(config.device))
        seed = [config.seed, scene]
        learn_misfit(estimator, training, seed)
        metrics = report_misfit(estimator, training, seed, config.n_test)
        about = {"seed": seed, "start": package.label, "n_misfit": config.n_misfit, "test": metrics}
        return Struct(
            model=dataclasses.replace(
                package,
                version=config.version,
                meta={**package.meta, "misfit": about},
                arrays=estimator.to_arrays(),
            )
        )


def _trainer(package: ModelPackage) -> CompactTrainerConfig:
    """Configuration of the trainer that made a package, as far as fields are known."""
    config = CompactTrainerConfig()
    try:
        settings = package.meta["training"]["settings"]
        for name, value in settings.items():
            if name == "galaxies":
                known = config.galaxies.toDict()
                for part in value.keys() & known.keys():
                    setattr(config.galaxies, part, value[part])
            elif name in config.toDict():
                setattr(config, name, value)
    except (KeyError, TypeError, AttributeError) as error:
        raise BadInputError(
            f"{package.label}: it does not say what it was trained on ({error}); train the package"
            " anew."
        ) from error
    return config
