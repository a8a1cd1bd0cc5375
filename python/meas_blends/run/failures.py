"""One sentence about whatever went wrong."""

from __future__ import annotations

import errno

from lsst.pipe.base import AlgorithmError, UnprocessableDataError

from ..errors import BadInputError
from .fields import brief

__all__ = ["sentence"]

#: What the system says where there is no room: on the disk, in a quota, for one file.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sentence(error: BaseException, doing: str) -> str:
    """Tell a person what went wrong.

    Parameters
    ----------
    error : `BaseException`
        The error.
    doing : `str`
        What was being done, such as ``task 'classify'``.

    Returns
    -------
    text : `str`
        The error's own sentence if the input is at fault; else one that says
        whether it is the machine, the data, or a bug.
    """
    if isinstance(error, BadInputError):
        return str(error)
    if isinstance(error, AlgorithmError | UnprocessableDataError):
        return f"{doing}: {brief(error)}."
    if isinstance(error, MemoryError):
        return f"{doing}: not enough memory; cut the image into smaller ones."
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        if error.errno in _FULL:
            return (
                f"{doing}: {place}{error.strerror}; make room there, or give another place with -o,"
                " and run again: what is finished is kept."
            )
        return f"{doing}: {place}{error.strerror}; check the disk and its permissions."
    return (
        f"{doing} stopped with {type(error).__name__}: {brief(error)}; this is a bug in it, please"
        " report it with the traceback that --debug shows."
    )
