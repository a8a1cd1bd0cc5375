"""Storage classes: how a dataset of each is written to a file or a folder, and read back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .child_models import ChildModels
from .fits import read_coadd, write_coadd
from .galaxy_sets import GalaxySet
from .packages import ModelPackage
from .pages import Pages
from .tables import read_table, write_table

__all__ = ["FORMATS", "Format"]


@dataclass(frozen=True)
class Format:
    """How datasets of one storage class are kept.

    Parameters
    ----------
    suffix : `str`
        Of the file; empty if it is a folder.
    write : callable
        Takes the dataset and the path; writes it whole or not at all.
    read : callable
        Takes the path; raises `~meas_blends.errors.BadInputError` if it
        cannot be used.
    """

    suffix: str
    write: Callable[[Any, Path], None]
    read: Callable[[Path], Any]


#: By storage class. In a Butler, ``middleware/formatters.py`` keeps all but
#: the tables by these; ``config/butler_seed.yaml`` lists them.
FORMATS = {
    "ArrowAstropy": Format(".parquet", write_table, read_table),
    "BlendChildModels": Format(".fits", ChildModels.write, ChildModels.read),
    "BlendCoadd": Format(".fits", write_coadd, read_coadd),
    "BlendModelPackage": Format("", ModelPackage.write, ModelPackage.read),
    "BlendReport": Format("", Pages.write, Pages.read),
    "GalaxySet": Format(".fits", GalaxySet.write, GalaxySet.read),
}
