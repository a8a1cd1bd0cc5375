"""How a Butler reads and writes the datasets that only meas_blends knows."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from lsst.daf.butler import FormatterV2, Location
from lsst.resources import ResourcePath

from ..data.coadd import Coadd
from ..data.formats import FORMATS, Format
from ..errors import BadInputError
from ..plugins.layouts import register_layouts
from .archives import pack_folder, unpack_folder

__all__ = ["CoaddFormatter", "FileFormatter", "FolderFormatter"]


class FileFormatter(FormatterV2):
    """A dataset that is one FITS file."""

    default_extension = ".fits"
    can_read_from_local_file = True

    @property
    def format(self) -> Format:
        """How the storage class is kept where there is no Butler."""
        return FORMATS[self.file_descriptor.storageClass.name]

    @classmethod
    def validate_extension(cls, location: Location) -> None:
        """Take ingested files of any name: what they hold decides, as everywhere."""

    def read_from_local_file(
        self, path: str, component: str | None = None, expected_size: int = -1
    ) -> Any:
        """Read the dataset."""
        return self.format.read(Path(path))

    def write_local_file(self, in_memory_dataset: Any, uri: ResourcePath) -> None:
        """Write the dataset."""
        self.format.write(in_memory_dataset, Path(uri.ospath))


class CoaddFormatter(FileFormatter):
    """A coadd in any layout that `~meas_blends.data.fits.read_coadd` knows."""

    def read_from_local_file(
        self, path: str, component: str | None = None, expected_size: int = -1
    ) -> Coadd:
        """Read the coadd; its band is that of its data ID, whatever the file calls it."""
        register_layouts()
        coadd = super().read_from_local_file(path, component, expected_size)
        band = self.data_id.get("band")
        return coadd if band is None else coadd.replace(band=str(band))


class FolderFormatter(FileFormatter):
    """A dataset that is a folder elsewhere, and here an archive of it."""

    default_extension = ".zip"

    def read_from_local_file(
        self, path: str, component: str | None = None, expected_size: int = -1
    ) -> Any:
        """Unpack the archive and read the folder."""
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "dataset"
            unpack_folder(path, folder)
            try:
                return self.format.read(folder)
            except BadInputError as error:
                raise BadInputError(str(error).replace(str(folder), path)) from error

    def write_local_file(self, in_memory_dataset: Any, uri: ResourcePath) -> None:
        """Write the folder and pack it."""
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary) / "dataset"
            self.format.write(in_memory_dataset, folder)
            pack_folder(folder, uri.ospath)
