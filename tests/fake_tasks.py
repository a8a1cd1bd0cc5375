"""Small PipelineTasks whose results are known, and that can be told to fail.

Pipelines name them as ``fake_tasks.DetectTask`` and so on.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import lsst.pipe.base.connectionTypes as ct
import numpy as np
from lsst.pex.config import Config, ConfigField, Field
from lsst.pipe.base import (
    NoWorkFound,
    PipelineTask,
    PipelineTaskConfig,
    PipelineTaskConnections,
    Struct,
)
from scipy.ndimage import label

from meas_blends.data.catalogs import CLASSIFICATION, PEAKS, SPANS
from meas_blends.data.coadd import Coadd
from meas_blends.data.fits import write_coadd
from meas_blends.data.footprints import labels_to_spans
from meas_blends.errors import BadInputError

PIPELINE = """
description: Fake detection and classification
tasks:
  detect:
    class: fake_tasks.DetectTask
    config:
      threshold: 6.0
  classify:
    class: fake_tasks.ClassifyTask
subsets:
  only: {subset: [detect], description: Detection}
"""
GATHER_PIPELINE = """
description: Fake simulation, gathered
tasks:
  simulate: {class: fake_tasks.SourceTask}
  detect: {class: fake_tasks.DetectTask}
  classify: {class: fake_tasks.ClassifyTask}
  gather: {class: fake_tasks.GatherTask}
"""
PATCH_PIPELINE = """
description: Fake detection, combined over the bands of each patch
tasks:
  detect: {class: fake_tasks.DetectTask}
  combine: {class: fake_tasks.CombineTask}
  after: {class: fake_tasks.AfterTask}
  total: {class: fake_tasks.TotalTask}
"""

IMAGE = ("skymap", "tract", "patch", "band")
PATCH = ("skymap", "tract", "patch")
RUN = ("skymap", "band")


def write_image(path, squares=2, band=""):
    """Write a coadd with a number of bright squares; return its path as text."""
    image = np.zeros((24, 24))
    for number in range(squares):
        image[4 * number + 2 : 4 * number + 4, 3:6] = 50.0
    psf = np.outer([1, 2, 1], [1, 2, 1])
    coadd = Coadd(image, np.ones_like(image), psf=psf, pixel_scale=0.2, zero_point=27.0, band=band)
    write_coadd(coadd, path)
    return str(path)


def table(name, dimensions=IMAGE, kind=ct.Output, **more):
    return kind(doc=name, name=name, storageClass="ArrowAstropy", dimensions=dimensions, **more)


def coadd(kind=ct.Input):
    return kind(doc="Coadd.", name="blend_coadd", storageClass="BlendCoadd", dimensions=IMAGE)


class TroubleConfig(Config):
    """What a task is to do instead of its work, and where to say that it ran."""

    kind = Field[str](doc="bad, bug, sleep, no work, die (once), or nothing.", default="")
    on = Field[str](doc="Only for coadds whose name has this in it.", default="")
    log = Field[str](doc="File that gets a line a run.", default="")

    def happen(self, label: str, name: str) -> None:
        if self.log:
            with open(self.log, "a") as file:
                file.write(f"{label}\n")
        if self.on not in name:
            return
        if self.kind == "bad":
            raise BadInputError(f"{name}: too ugly; give a prettier one.")
        if self.kind == "sleep":
            time.sleep(120)
        if self.kind == "bug":
            raise RuntimeError("index out of luck")
        if self.kind == "no work":
            raise NoWorkFound("nothing here")
        if self.kind == "die" and not Path(f"{self.log}.died").exists():
            Path(f"{self.log}.died").touch()
            os.kill(os.getpid(), signal.SIGKILL)


class DetectConnections(PipelineTaskConnections, dimensions=IMAGE):
    coadd = coadd()
    spans = table("blend_spans")


class DetectConfig(PipelineTaskConfig, pipelineConnections=DetectConnections):
    """Configuration of the detection."""

    threshold = Field[float](
        doc="Pixels above it are found.", default=5.0, check=lambda value: value > 0
    )
    low = Field[float](doc="Not above the threshold.", default=1.0)
    trouble = ConfigField(doc="Trouble.", dtype=TroubleConfig)

    def setDefaults(self):
        super().setDefaults()
        self.low = 2.0

    def validate(self):
        super().validate()
        if self.low > self.threshold:
            raise ValueError("low must not be above threshold")


class DetectTask(PipelineTask):
    """Connected pixels above a threshold."""

    ConfigClass = DetectConfig
    _DefaultName = "fakeDetect"

    def run(self, coadd):
        self.config.trouble.happen("detect", coadd.name)
        labels, _ = label(coadd.image > self.config.threshold)
        return Struct(spans=labels_to_spans(labels, coadd.xy0))


class ClassifyConnections(PipelineTaskConnections, dimensions=IMAGE):
    coadd = coadd()
    spans = table("blend_spans", kind=ct.Input)
    classification = table("blend_classification")
    peaks = table("blend_peaks")


class ClassifyConfig(PipelineTaskConfig, pipelineConnections=ClassifyConnections):
    """Configuration of the classification."""

    probability = Field[float](doc="Of everything.", default=0.25)
    trouble = ConfigField(doc="Trouble.", dtype=TroubleConfig)


class ClassifyTask(PipelineTask):
    """One peak a footprint, one probability for all."""

    ConfigClass = ClassifyConfig
    _DefaultName = "fakeClassify"

    def run(self, coadd, spans):
        self.config.trouble.happen("classify", coadd.name)
        ids, first = np.unique(np.asarray(spans["footprintId"]), return_index=True)
        shared = {"footprintId": ids, "peakFinder": "fake", "flags": 0}
        return Struct(
            classification=CLASSIFICATION.make(
                {
                    **shared,
                    "blendProbability": self.config.probability,
                    "blended": False,
                    "nProbable": 1,
                    "nPeaks": 1,
                    **{f"probability{n}": np.nan for n in (1, 2, 3, 4)},
                    "model": "",
                }
            ),
            peaks=PEAKS.make(
                {
                    **shared,
                    "id": np.arange(len(ids)) + 1,
                    "f_x": spans["x0"][first],
                    "f_y": spans["y"][first],
                    "f_xErr": np.nan,
                    "f_yErr": np.nan,
                    "i_x": spans["x0"][first],
                    "i_y": spans["y"][first],
                    "coord_ra": np.nan,
                    "coord_dec": np.nan,
                    "peakValue": 1.0,
                    "significance": 9.0,
                    "rank": 0,
                    "partOf": 0,
                    "probability": 1.0,
                }
            ),
        )


class SourceConnections(PipelineTaskConnections, dimensions=IMAGE):
    coadd = coadd(ct.Output)


class SourceConfig(PipelineTaskConfig, pipelineConnections=SourceConnections):
    """Configuration of the simulation."""

    size = Field[int](doc="Side [pixel].", default=16)


class SourceTask(PipelineTask):
    """Scene i holds i + 1 bright pixels."""

    ConfigClass = SourceConfig
    _DefaultName = "fakeSource"

    def run(self, scene: int = 0, band: str | None = None):
        image = np.zeros((self.config.size, self.config.size))
        image[2, 2 : 2 + 2 * (scene + 1) : 2] = 100.0
        psf = np.ones((3, 3))
        name = f"scene {scene}"
        return Struct(coadd=Coadd(image, np.ones_like(image), psf=psf, name=name, band=band or ""))


class GatherConnections(PipelineTaskConnections, dimensions=RUN):
    spans = table("blend_spans", kind=ct.Input, multiple=True)
    late = table("blend_peaks", kind=ct.Input, multiple=True, deferLoad=True, minimum=0)
    evaluation = table("fake_blend_evaluation", RUN)


class GatherConfig(PipelineTaskConfig, pipelineConnections=GatherConnections):
    """Configuration of the gathering."""

    trouble = ConfigField(doc="Trouble.", dtype=TroubleConfig)


class GatherTask(PipelineTask):
    """One row a unit: its number of spans and of peaks."""

    ConfigClass = GatherConfig
    _DefaultName = "fakeGather"

    def run(self, spans, late):
        self.config.trouble.happen("gather", "")
        made = SPANS.make()
        made.remove_columns(made.colnames)
        made["nSpans"] = [len(one) for one in spans]
        made["nPeaks"] = [len(one.get()) for one in late]
        return Struct(evaluation=made)


class AloneConnections(PipelineTaskConnections, dimensions=RUN):
    result = table("alone_result", RUN)


class AloneConfig(PipelineTaskConfig, pipelineConnections=AloneConnections):
    """Configuration of the task that reads nothing."""


class AloneTask(PipelineTask):
    """Runs once, on nothing."""

    ConfigClass = AloneConfig
    _DefaultName = "fakeAlone"

    def run(self):
        return Struct(result=SPANS.make())


class SingleConnections(PipelineTaskConnections, dimensions=RUN):
    spans = table("blend_spans", kind=ct.Input)
    result = table("single_result", RUN)


class SingleConfig(PipelineTaskConfig, pipelineConnections=SingleConnections):
    """Configuration of a task that is declared wrongly."""


class SingleTask(PipelineTask):
    """Runs once, but wants one image's spans."""

    ConfigClass = SingleConfig
    _DefaultName = "fakeSingle"


class CombineConnections(PipelineTaskConnections, dimensions=PATCH):
    coadds = ct.Input(
        doc="Coadds.",
        name="blend_coadd",
        storageClass="BlendCoadd",
        dimensions=IMAGE,
        multiple=True,
        deferLoad=True,
    )
    spans = table("blend_spans", kind=ct.Input, multiple=True)
    combined = table("combined_spans", PATCH)


class CombineConfig(PipelineTaskConfig, pipelineConnections=CombineConnections):
    """Configuration of the combination."""

    trouble = ConfigField(doc="Trouble.", dtype=TroubleConfig)


class CombineTask(PipelineTask):
    """One row a band of a patch: its name, and its number of spans."""

    ConfigClass = CombineConfig
    _DefaultName = "fakeCombine"

    def run(self, coadds, spans):
        self.config.trouble.happen("combine", coadds[0].dataId["patch"])
        made = SPANS.make()
        made.remove_columns(made.colnames)
        made["patch"] = [handle.dataId["patch"] for handle in coadds]
        made["band"] = [handle.dataId["band"] for handle in coadds]
        made["read"] = [handle.get().band for handle in coadds]
        made["nSpans"] = [len(one) for one in spans]
        return Struct(combined=made)


class AfterConnections(PipelineTaskConnections, dimensions=IMAGE):
    spans = table("blend_spans", kind=ct.Input)
    combined = table("combined_spans", PATCH, kind=ct.Input)
    share = table("share")


class AfterConfig(PipelineTaskConfig, pipelineConnections=AfterConnections):
    """Configuration of the task that goes back to the images."""

    trouble = ConfigField(doc="Trouble.", dtype=TroubleConfig)


class AfterTask(PipelineTask):
    """How many of the patch's spans an image has."""

    ConfigClass = AfterConfig
    _DefaultName = "fakeAfter"

    def run(self, spans, combined):
        self.config.trouble.happen("after", "")
        made = SPANS.make()
        made.remove_columns(made.colnames)
        made["share"] = [len(spans) / sum(combined["nSpans"])]
        return Struct(share=made)


class TotalConnections(PipelineTaskConnections, dimensions=("skymap",)):
    combined = table("combined_spans", PATCH, kind=ct.Input, multiple=True)
    shares = table("share", IMAGE, kind=ct.Input, multiple=True)
    total = table("total", ("skymap",))


class TotalConfig(PipelineTaskConfig, pipelineConnections=TotalConnections):
    """Configuration of the sum."""

    trouble = ConfigField(doc="Trouble.", dtype=TroubleConfig)


class TotalTask(PipelineTask):
    """One row: patches and images."""

    ConfigClass = TotalConfig
    _DefaultName = "fakeTotal"

    def run(self, combined, shares):
        self.config.trouble.happen("total", "")
        made = SPANS.make()
        made.remove_columns(made.colnames)
        made["nPatches"], made["nImages"] = [len(combined)], [len(shares)]
        return Struct(total=made)
