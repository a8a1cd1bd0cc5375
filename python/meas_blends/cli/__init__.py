"""The command ``blendtask``. Each command imports what it needs when it runs."""

from __future__ import annotations

import click

from .config_command import config
from .import_gampen_command import import_gampen
from .list_command import list_extensions
from .run_command import run
from .survey_command import survey

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="meas_blends", prog_name="blendtask")
def main() -> None:
    """Find footprints, tell blends from single galaxies, and measure their morphology."""


main.add_command(run)
main.add_command(list_extensions)
main.add_command(config)
main.add_command(survey)
main.add_command(import_gampen)
