"""Peak finders: the subtasks of ClassifyBlendsTask that are chosen by name."""

from __future__ import annotations

import inspect

from lsst.pipe.base import Task

from ...errors import BadInputError

__all__ = ["check_takes"]


def check_takes(peak_finder: Task, argument: str, what: str) -> None:
    """Check that a peak finder's ``run`` takes an argument that not all of them do.

    Parameters
    ----------
    peak_finder : `lsst.pipe.base.Task`
        The subtask.
    argument : `str`
        Such as ``package`` or ``others``.
    what : `str`
        What it is, for the message.

    Raises
    ------
    BadInputError
        If it does not.
    """
    if argument not in inspect.signature(peak_finder.run).parameters:
        raise BadInputError(
            f"peak finder '{peak_finder.getName()}' ({type(peak_finder).__name__}): does not take"
            f" {what}; choose another one."
        )
