"""Train the Gaussian process on labelled footprints of many scenes."""

from __future__ import annotations

from collections.abc import Sequence

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from astropy.table import Table
from lsst.pex.config import ConfigField, Field, ListField, RangeField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..blends.cutouts import cut_footprints
from ..blends.maxima import find_maxima
from ..data.coadd import Coadd
from ..data.footprints import pixel_lists
from ..detection.matched_filter import FilteredCoadd
from ..errors import BadInputError
from .filtering import FilteringConfig, filter_coadd

__all__ = [
    "TrainBlendClassifierConfig",
    "TrainBlendClassifierConnections",
    "TrainBlendClassifierTask",
]


class TrainBlendClassifierConnections(PipelineTaskConnections, dimensions=("skymap", "band")):
    """Labelled scenes in, a model package out."""

    coadds = ct.Input(
        doc="Coadds of the scenes.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=("skymap", "tract", "patch", "band"),
        multiple=True,
    )
    spans = ct.Input(
        doc="Pixels of their footprints.",
        name="blend_spans",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
        multiple=True,
    )
    labels = ct.Input(
        doc="True number of objects of each footprint.",
        name="blend_labels",
        storageClass="ArrowAstropy",
        dimensions=("skymap", "tract", "patch", "band"),
        multiple=True,
    )
    model = ct.Output(
        doc="The trained classifier.",
        name="blend_model",
        storageClass="BlendModelPackage",
        dimensions=("skymap", "band"),
    )


class TrainBlendClassifierConfig(
    PipelineTaskConfig, pipelineConnections=TrainBlendClassifierConnections
):
    """Configuration of `TrainBlendClassifierTask`."""

    filtering = ConfigField(
        doc="Background and matched filter; the same as of the detection.", dtype=FilteringConfig
    )
    name = Field[str](doc="Name of the model package.", default="gp_lsst_i")
    version = Field[str](doc="Version of the model package.", default="1")
    seed = Field[int](doc="Seed of the choices that training makes.", default=1)
    calibration_fraction = RangeField[float](
        doc="Share of the scenes, the last ones, that probabilities are calibrated on instead.",
        default=0.2,
        min=0.0,
        max=1.0,
        inclusiveMin=False,
    )
    cutout_size = Field[int](
        doc="Side of the cutouts [pixel], odd.",
        default=23,
        check=lambda size: size > 0 and size % 2 == 1,
    )
    n_features = Field[int](
        doc="Principal components.", default=8, check=lambda number: number >= 1
    )
    n_neighbours = Field[int](
        doc="Training footprints that each prediction rests on.",
        default=50,
        check=lambda number: number >= 2,
    )
    max_footprints = Field[int](
        doc="Most footprints to keep in the model.", default=20000, check=lambda number: number > 0
    )
    batch = Field[int](
        doc="Leave-one-out predictions that hyperparameters are judged by.",
        default=3000,
        check=lambda number: number > 0,
    )
    smoothness = ListField[float](
        doc="Smoothness nu of the Matern kernel, to choose from; half-integers up to 2.5 are fast.",
        default=[0.5, 1.5, 2.5],
        itemCheck=lambda nu: nu > 0,
    )
    noise = ListField[float](
        doc="Variance of the labels' noise over the prior's, to choose from.",
        default=[1e-3, 1e-2, 1e-1, 1.0],
        itemCheck=lambda noise: noise > 0,
    )
    peak_threshold = Field[float](
        doc="Point-source S/N of the local maxima that the table of counts goes by.", default=5.0
    )


class TrainBlendClassifierTask(PipelineTask):
    """Train the Gaussian process of Buchanan et al. (2022)."""

    ConfigClass = TrainBlendClassifierConfig
    _DefaultName = "trainBlendClassifier"

    def run(
        self, coadds: Sequence[Coadd], spans: Sequence[Table], labels: Sequence[Table]
    ) -> Struct:
        """Train on the labelled footprints of all scenes.

        Parameters
        ----------
        coadds, spans, labels : sequences of one length
            Scenes, their footprints' pixels, and
            `~meas_blends.data.catalogs.FOOTPRINT_LABELS` of them. Footprints
            without an object are left out.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``model``, a `~meas_blends.data.packages.ModelPackage`.
        """
        # MuyGPyS brings torch: pay for it only where a model is trained.
        from ..blends.training import TrainingSet, train_gaussian_process

        apart = max(round(self.config.calibration_fraction * len(coadds)), 1)
        if len(coadds) <= apart:
            raise BadInputError(
                f"{len(coadds)} scenes to train on and {apart} of them to calibrate by; give more."
            )
        scenes, widths = [], []
        for coadd, pixels, truth in zip(coadds, spans, labels, strict=True):
            filtered = filter_coadd(coadd, self.config.filtering)
            scenes.append(self._read(filtered, pixels, truth))
            widths.append(filtered.sigma)
        training, kept_apart = (
            TrainingSet(*(np.concatenate(column) for column in zip(*part, strict=True)))
            for part in (scenes[:-apart], scenes[-apart:])
        )
        model = train_gaussian_process(
            training,
            kept_apart,
            np.random.default_rng(self.config.seed),
            n_features=self.config.n_features,
            n_neighbours=self.config.n_neighbours,
            max_footprints=self.config.max_footprints,
            batch=self.config.batch,
            smoothness=list(self.config.smoothness),
            noise=list(self.config.noise),
        )
        model.psf_sigma = (min(widths), max(widths))
        model.meta["training"] |= {
            "scenes": len(coadds) - apart,
            "calibration_scenes": apart,
            "bands": sorted({coadd.band for coadd in coadds}),
            "pixel_scales": sorted({round(coadd.pixel_scale, 4) for coadd in coadds}),
            "seed": self.config.seed,
        }
        description = (
            f"Gaussian-process blend classifier, {self.config.n_features} principal components"
            f" of {self.config.cutout_size}-pixel cutouts (Buchanan et al. 2022)"
        )
        return Struct(model=model.to_package(self.config.name, self.config.version, description))

    def _read(
        self, filtered: FilteredCoadd, spans: Table, labels: Table
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cutouts, true counts and local maxima of one scene's labelled footprints."""
        pixels = pixel_lists(spans, filtered.coadd.shape, filtered.coadd.xy0)
        cutouts = cut_footprints(filtered, pixels, self.config.cutout_size)
        maxima = find_maxima(filtered, pixels, self.config.peak_threshold)
        n_objects = np.asarray(labels["nObjects"])
        labelled = n_objects > 0
        n_maxima = maxima.counts(len(pixels.identifiers))
        return cutouts.images[labelled], n_objects[labelled], n_maxima[labelled]
