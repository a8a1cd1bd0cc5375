"""``blendtask run``: a pipeline over images or simulated scenes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import FAILED, STOPPED, plainly
from .image_options import given_options, image_options
from .override_options import OrderedCommand, override_options, overrides_in_order

if TYPE_CHECKING:
    from ..run.dask_workers import DaskWorkers, Job
    from ..run.images import ImageOptions
    from ..run.overrides import Override
    from ..run.pipeline import LoadedPipeline
    from ..run.plan import Plan
    from ..run.units import Unit

__all__ = ["run"]

_DEMO_SIZE = 512
_DEFAULT_SCENES = 10


@click.command(
    "run", cls=OrderedCommand, short_help="Run a pipeline on images or simulated scenes."
)
@click.argument("images", nargs=-1, metavar="[IMAGE]...")
@click.option(
    "-p",
    "--pipeline",
    default="blends",
    show_default=True,
    help="A shipped name, a path or a URI, each with an optional #subset.",
)
@click.option("-o", "--output", required=True, help="Folder for the results.")
@override_options
@click.option("--demo", is_flag=True, help="Run on a simulated coadd made on the spot.")
@click.option(
    "--scenes",
    type=click.IntRange(min=1),
    help=f"Scenes to simulate, for pipelines that do so.  [default: {_DEFAULT_SCENES}]",
)
@click.option(
    "--bands",
    metavar="BANDS",
    help="Bands of each simulated scene, or of the patches that images form, such as gri.",
)
@image_options
@click.option("--redo", "--force", is_flag=True, help="Make everything anew, do not resume.")
@click.option("--no-picture", is_flag=True, help="Draw no blends.png.")
@click.option(
    "--also",
    metavar="NAMES",
    help="Further files, with commas between them: ecsv (each table as text), regions (for DS9),"
    " colour (a picture of a patch in three bands).",
)
@click.option(
    "--dask",
    metavar="local|ADDRESS",
    help="Take images side by side: 'local' on this machine's cores, or a scheduler's address.",
)
@click.option("-q", "--quiet", is_flag=True, help="Do not tell what was assumed of the images.")
@click.option("-v", "--verbose", is_flag=True, help="Show what the tasks log.")
@click.option("--debug", is_flag=True, help="Show the tracebacks of errors.")
@click.pass_context
def run(ctx: click.Context, **options: object) -> None:
    """Run a pipeline on each IMAGE, and write the results to OUTPUT/<image stem>/.

    Where the pipeline combines bands, images whose names differ only in their
    band, such as field_g.fits and field_r.fits, are taken together as a patch.

    A second run makes only what is missing or was made otherwise. The exit
    status is 0 if all is done, 1 if some image failed (the others are done),
    2 if the arguments are wrong, 130 if Ctrl-C stopped it.
    """
    _run(ctx=ctx, **options)


@plainly
def _run(
    ctx: click.Context,
    images: tuple[str, ...],
    pipeline: str,
    output: str,
    configs: tuple[str, ...],
    config_files: tuple[str, ...],
    tasks: tuple[str, ...],
    demo: bool,
    scenes: int | None,
    bands: str | None,
    psf: str | None,
    pixel_scale: float | None,
    zero_point: float | None,
    layout: str | None,
    hdu: str | None,
    plane: str | None,
    variance: str | None,
    weight: str | None,
    rms: str | None,
    mask: str | None,
    redo: bool,
    no_picture: bool,
    also: str | None,
    dask: str | None,
    quiet: bool,
    verbose: bool,
    debug: bool,
) -> None:
    """Load, check, run, report."""
    from .logs import set_up_logs

    set_up_logs(verbose)
    from ..errors import BadInputError
    from ..run.dask_workers import Job
    from ..run.extras import parse_extras
    from ..run.patches import parse_bands
    from ..run.plan import make_plan
    from ..run.runner import Runner
    from .progress import make_listener
    from .summary import report

    if not output:
        raise BadInputError("-o: an empty name; give the folder for the results.")
    folder = Path(output)
    nearest = next((place for place in (folder, *folder.parents) if place.exists()), folder)
    if nearest.exists() and not nearest.is_dir():
        raise BadInputError(f"{nearest}: a file, not a folder; give another place with -o.")
    overrides = overrides_in_order(ctx, configs, config_files)
    if demo:
        tasks, overrides = _add_demo(images, scenes, tasks, overrides)
    parts = {"layout": layout, "hdu": hdu, "plane": plane, "mask": mask}
    parts |= {"variance": variance, "weight": weight, "rms": rms}
    options = given_options(psf, pixel_scale, zero_point, **parts)
    band_names = () if bands is None else parse_bands(bands)
    loaded = _load(pipeline, overrides, tasks)
    plan = make_plan(loaded)
    extras = () if also is None else parse_extras(also, plan)
    if dask is not None:
        # Workers may have been started elsewhere. Links stay, for their names are the images'.
        folder, images = folder.absolute(), tuple(str(Path(image).absolute()) for image in images)
        options = options.absolute()
    units = _units(loaded, plan, images, scenes, band_names, demo, options)
    job = Job(pipeline, tuple(overrides), tuple(tasks), redo, not no_picture, extras, verbose)
    try:
        with make_listener() as listener, _workers(dask, plan, job) as workers:
            runner = Runner(loaded, plan, folder, redo, not no_picture, listener, workers, extras)
            result = runner.run(units, band_names)
    except KeyboardInterrupt:
        click.echo("Stopped; the same command goes on from here.", err=True)
        ctx.exit(STOPPED)
    report(result, plan, debug, quiet)
    if result.failed:
        ctx.exit(FAILED)


@contextmanager
def _workers(dask: str | None, plan: Plan, job: Job) -> Iterator[DaskWorkers | None]:
    """Connect to the workers that the user asked for; none is this process alone."""
    if dask is None:
        yield None
        return
    from ..run.dask_workers import DaskWorkers, check_spreadable, dask_client

    check_spreadable(plan)
    with dask_client(dask) as client:
        yield DaskWorkers(client, job)


def _load(pipeline: str, overrides: list[Override], tasks: tuple[str, ...]) -> LoadedPipeline:
    from ..run.pipeline import load_pipeline

    return load_pipeline(pipeline, overrides, tasks)


def _add_demo(
    images: tuple[str, ...],
    scenes: int | None,
    tasks: tuple[str, ...],
    overrides: list[Override],
) -> tuple[tuple[str, ...], list[Override]]:
    """Put a task that simulates one small coadd in front of the pipeline."""
    from ..errors import BadInputError
    from ..run.overrides import Override

    if images or scenes is not None:
        wrong = images[0] if images else "--scenes"
        raise BadInputError(f"--demo: simulates its one image itself; leave out {wrong}.")
    # Before the user's own, so that those win.
    size = Override("simulate", "size", str(_DEMO_SIZE))
    return ("simulate", *tasks), [size, *overrides]


def _units(
    loaded: LoadedPipeline,
    plan: Plan,
    images: tuple[str, ...],
    scenes: int | None,
    bands: tuple[str, ...],
    demo: bool,
    options: ImageOptions,
) -> list[Unit]:
    """Make the list of what to run on, from the arguments."""
    from ..errors import BadInputError
    from ..run.images import ImageOptions
    from ..run.plan import check_units
    from ..run.units import image_units, planes_of_others, scene_units

    check_units(plan, loaded.name, images, scenes, bands)
    if not plan.reads_images and options.identity() != ImageOptions().identity():
        raise BadInputError(
            f"{loaded.name}: this run reads no images; leave out --psf, --pixel-scale,"
            " --zero-point, and what says which part of a file is what."
        )
    if demo:
        return scene_units(1, bands, "demo")
    if plan.simulates:
        return scene_units(scenes or _DEFAULT_SCENES, bands)
    owners = planes_of_others(images)
    for image, owner in owners.items():
        click.echo(f"{image}: left alone, for it holds a plane of {owner}", err=True)
    return image_units([image for image in images if image not in owners], options)
