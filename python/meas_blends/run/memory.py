"""Running a pipeline on one coadd in memory, for notebooks and other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lsst.pipe.base import NoWorkFound

from ..data.coadd import Coadd
from ..detection.complete import complete_coadd
from ..errors import BadInputError
from .execute import collect_inputs, missing_inputs, run_step
from .overrides import file_override, value_override
from .pipeline import load_pipeline
from .plan import COADD, make_plan

__all__ = ["run_pipeline"]


def run_pipeline(
    coadd: Coadd | None = None,
    pipeline: str = "blends",
    overrides: Sequence[str] = (),
    scene: int = 0,
) -> dict[str, Any]:
    """Run a pipeline on one coadd, or on one simulated scene.

    Parameters
    ----------
    coadd : `~meas_blends.data.coadd.Coadd`, optional
        The coadd; left out for a pipeline that simulates its own.
    pipeline : `str`
        A shipped name, a path or a URI, each with an optional ``#subset``.
    overrides : sequence of `str`
        ``label:field=value`` or ``label:file``, in order.
    scene : `int`
        Number of the scene, for a pipeline that simulates.

    Returns
    -------
    datasets : `dict` [`str`, `object`]
        Everything that it made, by dataset type, and ``blend_coadd``.

    Raises
    ------
    BadInputError
        If the pipeline, an override or the coadd cannot be used.

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
    datasets: dict[str, Any] = {}
    if coadd is not None:
        datasets[COADD] = complete_coadd(coadd)
    tasks = loaded.build_tasks()
    made_inside = {name for step in plan.steps for name in step.outputs.values()}
    for step in plan.steps:
        missing = [*missing_inputs(step, datasets, True), *missing_inputs(step, datasets, False)]
        if not made_inside.issuperset(missing):
            raise BadInputError(
                f"{step.label}: needs {', '.join(missing)}, which no task of {pipeline} makes; add"
                " the task that does."
            )
        if missing:
            continue
        arguments = collect_inputs(step, datasets, [datasets])
        try:
            datasets |= run_step(step, tasks[step.label], arguments, scene)
        except NoWorkFound as reason:
            tasks[step.label].log.info("no work: %s", reason)
    return datasets
