"""Running a pipeline on coadds in memory, for notebooks and other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsst.pipe.base import NoWorkFound, PipelineTask

from ..data.coadd import Coadd
from ..errors import BadInputError
from ..tasks.coadds import ready_coadd
from .execute import Datasets, Stores, collect_inputs, missing_inputs, run_step
from .levels import Level
from .overrides import file_override, value_override
from .pipeline import LoadedPipeline, load_pipeline
from .plan import COADD, Plan, Step, make_plan

__all__ = ["run_pipeline"]

#: All coadds are of one patch.
_PATCH = {"patch": "0"}


def run_pipeline(
    coadd: Coadd | Sequence[Coadd] | None = None,
    pipeline: str = "blends",
    overrides: Sequence[str] = (),
    scene: int = 0,
    bands: Sequence[str] = (),
) -> dict[str, Any]:
    """Run a pipeline on one coadd, on the bands of one patch, or on one simulated scene.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd` or sequence of them, optional
        The coadd, or those of several bands, ours or of ``lsst.images``
        (`~meas_blends.rubin.as_coadd`); left out for a pipeline that
        simulates its own.
    pipeline : `str`
        A shipped name, a path or a URI, each with an optional ``#subset``.
    overrides : sequence of `str`
        ``label:field=value`` or ``label:file``, in order.
    scene : `int`
        Number of the scene, for a pipeline that simulates.
    bands : sequence of `str`
        Bands of the scene; its survey's own if not given.

    Returns
    -------
    datasets : `dict` [`str`, `object`]
        Everything that it made, by dataset type, and ``blend_coadd``. Of
        several bands, what there is one of a band is a `dict` by band.

    Raises
    ------
    BadInputError
        If the pipeline, an override or a coadd cannot be used.

    Examples
    --------
    >>> datasets = run_pipeline(coadd, "blends", ["detect:threshold=4"])  # doctest: +SKIP
    >>> datasets["blend_peaks"]  # doctest: +SKIP
    """
    parse = [value_override(text) if "=" in text else file_override(text) for text in overrides]
    loaded = load_pipeline(pipeline, parse)
    plan = make_plan(loaded)
    if plan.reads_images and coadd is None:
        raise BadInputError(f"{pipeline}: this pipeline reads an image; give a coadd.")
    images = _images(coadd, bands)
    stores = {
        Level.IMAGE: images,
        Level.PATCH: [Datasets(_PATCH)],
        Level.RUN: [Datasets({})],
    }
    _run_plan(loaded, plan, stores, scene)
    made: dict[str, Any] = {}
    for name in dict.fromkeys(name for image in images for name in image):
        by_band = {image.data_id["band"]: image[name] for image in images if name in image}
        made[name] = by_band if len(images) > 1 else images[0][name]
    return {**made, **stores[Level.PATCH][0], **stores[Level.RUN][0]}


def _images(coadd: Coadd | Sequence[Coadd] | None, bands: Sequence[str]) -> list[Datasets]:
    """One store a band, with the coadd in it if there is one."""
    if coadd is None:
        return [Datasets({**_PATCH, "band": band}) for band in (bands or [""])]
    coadds = [ready_coadd(one) for one in (coadd if isinstance(coadd, Sequence) else [coadd])]
    names = [one.band for one in coadds]
    if len(set(names)) < len(names):
        raise BadInputError(
            f"the coadds are of the bands {', '.join(name or 'unknown' for name in names)}; give"
            " one a band, each with its name."
        )
    return [Datasets({**_PATCH, "band": one.band}, {COADD: one}) for one in coadds]


def _run_plan(pipeline: LoadedPipeline, plan: Plan, stores: Stores, scene: int) -> None:
    """Run all steps, each on every store of its level."""
    tasks = pipeline.build_tasks()
    made_inside = {name for step in plan.steps for name in step.outputs.values()}
    for step in plan.steps:
        for own in stores[step.level]:
            within = {**stores, step.level: [own]}
            missing = {
                name
                for level in Level
                for store in within[level]
                for name in missing_inputs(step, store, level)
            }
            if not made_inside.issuperset(missing):
                raise BadInputError(
                    f"{step.label}: needs {', '.join(sorted(missing))}, which no task of"
                    f" {pipeline.name} makes; add the task that does."
                )
            if not missing:
                _run_one(step, tasks[step.label], own, within, scene)


def _run_one(step: Step, task: PipelineTask, own: Datasets, stores: Stores, scene: int) -> None:
    """Run one step and keep what it makes."""
    arguments = collect_inputs(step, stores)
    try:
        own.update(run_step(step, task, arguments, scene, own.data_id.get("band", "")))
    except NoWorkFound as reason:
        task.log.info("no work: %s", reason)
