"""Errors as one sentence and an exit status; a traceback only for those who ask."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any

import click

from ..errors import BadInputError

__all__ = ["BAD_ARGUMENTS", "FAILED", "STOPPED", "plainly"]

FAILED = 1
BAD_ARGUMENTS = 2
#: What a shell gives for a process that Ctrl-C has ended.
STOPPED = 130


def plainly(command: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a command: wrong arguments end it with status 2 and one sentence.

    Any other error is a bug: status 1, one sentence, and the traceback if the
    command has a true ``debug`` option.
    """

    @functools.wraps(command)
    def wrapped(**options: Any) -> Any:
        try:
            return command(**options)
        except BadInputError as error:
            raise _stop(str(error), BAD_ARGUMENTS) from error
        # Click itself ends quietly where the reader of a pipe has gone.
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if options.get("debug"):
                click.echo(traceback.format_exc(), err=True)
            # Only now: it takes seconds to import.
            from ..run.failures import sentence

            raise _stop(sentence(error, "blendtask"), FAILED) from error

    return wrapped


def _stop(message: str, status: int) -> click.ClickException:
    stop = click.ClickException(message)
    stop.exit_code = status
    return stop
