"""Subcommands of ``butler``, by way of the entry point ``butler.cli``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from lsst.daf.butler.cli.opt import repo_argument
from lsst.daf.butler.cli.utils import ButlerCommand

from ..errors import BadInputError

__all__ = ["commands"]


@click.command("ingest-blend-coadds", cls=ButlerCommand, short_help="Ingest coadds from FITS.")
@repo_argument(required=True)
@click.argument("files", metavar="FILE...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--run", required=True, help="RUN collection to put them into; made if needed.")
@click.option(
    "--manifest",
    type=click.Path(path_type=Path),
    help="Table (CSV, ECSV, Parquet) with the columns file and patch and, if wanted, skymap, tract"
    " and band. Without one each name, but for its band, is a patch, and bands are those of the"
    " headers.",
)
@click.option(
    "--skymap",
    default="blend_coadds",
    show_default=True,
    help="Skymap where the manifest does not say; made if needed.",
)
@click.option(
    "--transfer",
    type=click.Choice(["link", "copy", "direct"]),
    default="link",
    show_default=True,
    help="Link the files into the repository, copy them, or leave them where they are.",
)
def ingest_blend_coadds(
    repo: str, files: tuple[Path, ...], run: str, manifest: Path | None, **options: Any
) -> None:
    """Ingest FITS coadds as 'blend_coadd', all of them or none.

    FILE are FITS files of any layout that blendtask reads; with a manifest,
    all that it lists may be left out. The records of skymap, tract, patch and
    band that they need are made. What is there already is left as it is.
    """
    from .ingest_coadds import ingest_coadds

    if not files and manifest is None:
        raise click.UsageError("give FITS files, or a --manifest that lists some.")
    try:
        done = ingest_coadds(repo, files, run, manifest, **options)
    except BadInputError as error:
        raise click.ClickException(str(error)) from error
    for file, new in done:
        _tell(str(file.path), file.data_id, new)


@click.command("ingest-blend-model", cls=ButlerCommand, short_help="Ingest a model package.")
@repo_argument(required=True)
@click.argument("package")
@click.option("--run", required=True, help="RUN collection to put it into; made if needed.")
@click.option(
    "--skymap",
    default="blend_coadds",
    show_default=True,
    help="Skymap of the coadds that it is for.",
)
@click.option(
    "--band",
    "bands",
    multiple=True,
    help="Band that it is for, more than once for several; if not given, all that the skymap's"
    " coadds have.",
)
@click.option(
    "--at-once",
    is_flag=True,
    help="It looks at several bands at once, for classify_bands: one dataset for all of them.",
)
@click.option(
    "--dataset-type",
    help="If not given, blend_model or morphology_model, by the package's kind, or"
    " bands_blend_model.",
)
def ingest_blend_model(repo: str, package: str, run: str, **options: Any) -> None:
    """Put a model package into the repository, for tasks with model_from_butler.

    PACKAGE is the folder of a model package, or the name of a shipped one.
    """
    from .ingest_models import ingest_model

    try:
        done = ingest_model(repo, package, run, **options)
    except BadInputError as error:
        raise click.ClickException(str(error)) from error
    for data_id, new in done:
        _tell(package, data_id, new)


@click.command(
    "register-blend-scenes", cls=ButlerCommand, short_help="Make room for simulated scenes."
)
@repo_argument(required=True)
@click.option(
    "--scenes", "number", type=click.IntRange(min=1), required=True, help="How many scenes."
)
@click.option(
    "--band", "bands", multiple=True, required=True, help="Of each scene, more than once for more."
)
@click.option(
    "--run", required=True, help="RUN collection to make, empty, for pipetask to start from."
)
@click.option(
    "--skymap",
    default="blend_scenes",
    show_default=True,
    help="Skymap whose patches they are; made if needed.",
)
def register_blend_scenes(repo: str, run: str, **options: Any) -> None:
    """Make the records of the patches that pipelines simulate scenes for.

    A task that simulates reads nothing: these records tell pipetask how many
    scenes there are, and in which bands. Scene 12 is patch 12.
    """
    from .register_scenes import register_scenes

    try:
        register_scenes(repo, run=run, **options)
    except BadInputError as error:
        raise click.ClickException(str(error)) from error


def _tell(what: str, data_id: Mapping[str, object], new: bool) -> None:
    """Say of what something is now."""
    where = " ".join(f"{key}={value}" for key, value in data_id.items())
    click.echo(f"{what}: {where}" + ("" if new else ", there already"))


def commands() -> list[click.Command]:
    """Return the subcommands."""
    return [ingest_blend_coadds, ingest_blend_model, register_blend_scenes]
