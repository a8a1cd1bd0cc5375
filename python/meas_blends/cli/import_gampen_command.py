"""``blendtask import-gampen``: published GaMPEN weights become a model package."""

from __future__ import annotations

from pathlib import Path

import click

from .errors import plainly

__all__ = ["import_gampen"]


@click.command("import-gampen", short_help="Make a model package of published GaMPEN weights.")
@click.argument("weights", type=click.Path(path_type=Path))
@click.argument("settings", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "package",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PACKAGE",
    help="Folder of the package, which must not exist yet; its name is the model's.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
def import_gampen(**options: object) -> None:
    """Make a model package of published GaMPEN weights.

    WEIGHTS is a state_dict that torch saved, SETTINGS a JSON file of what the
    weights do not say: size of the cutouts, dropout rate, bands, scaling of the
    targets (doc/gampen.md). Then:

    \b
    blendtask run IMAGE.fits -o OUT -c measure:estimator.name=gampen \\
        -c measure:estimator.gampen.model=PACKAGE
    """
    _import(**options)


@plainly
def _import(weights: Path, settings: Path, package: Path, debug: bool) -> None:
    """Write the package, and say what it is."""
    from ..errors import BadInputError
    from ..morphology.gampen.importing import import_gampen

    # Before minutes are spent: what is there would be lost.
    if package.exists():
        raise BadInputError(f"{package}: is there already; give another folder.")
    made = import_gampen(weights, settings, package.resolve().name)
    made.write(package)
    numbers = sum(array.size for array in made.arrays.values())
    meta = made.meta["settings"]
    click.echo(
        f"{package}: {made.label}, {numbers:,} parameters, cutouts of {meta['cutout_size']} pixels"
        f" in {', '.join(meta['bands'])}"
    )
