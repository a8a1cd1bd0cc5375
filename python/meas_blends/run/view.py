"""What there is to show of one image or patch: its tables, and the image that they lie on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from astropy.table import Table

from ..data.coadd import Coadd
from .plan import COADD
from .results import TABLE_PREFIXES
from .workspace import Workspace

__all__ = ["View", "find_view"]

_TABLES = ("blend_spans", "blend_classification", "blend_peaks")

#: Band whose image a patch is shown on, if there is one.
_SHOWN_BAND = "i"


@dataclass(frozen=True)
class View:
    """Footprints and peaks on an image.

    Parameters
    ----------
    space : `Workspace`
        Has the tables.
    image : `Workspace`
        Has the coadd.
    names : `tuple` [`str`]
        Names of the tables of spans, classification and peaks, there or not.
    """

    space: Workspace
    image: Workspace
    names: tuple[str, ...]

    @property
    def coadd(self) -> Coadd:
        """The image, by the name of the patch if it is one of several."""
        coadd = self.image[COADD]
        return coadd if self.image is self.space else coadd.replace(name=self.space.folder.name)

    def tables(self) -> tuple[Table, Table | None, Table | None]:
        """Spans, classification and peaks."""
        spans, classification, peaks = (self.space.get(name) for name in self.names)
        return spans, classification, peaks

    def sources(self, *images: Workspace) -> dict[str, object]:
        """Fingerprints of the tables, and of the coadds of some images; by default of its own."""
        tables = {name: self.space.fingerprint(name) for name in self.names if name in self.space}
        coadds = [image.fingerprint(COADD) for image in images or (self.image,)]
        return {**tables, COADD: coadds}


def find_view(space: Workspace, images: Sequence[Workspace] = ()) -> View | None:
    """Find what there is to show.

    Parameters
    ----------
    space : `Workspace`
        Of an image or patch.
    images : sequence of `Workspace`
        Of a patch: its images, of which the one in the i band is shown, or
        else the middle one.

    Returns
    -------
    view : `View` or `None`
        ``None`` if there are no footprints or no coadd.
    """
    prefix = next((one for one in TABLE_PREFIXES if f"{one}blend_spans" in space), None)
    image = space
    if images:
        wanted = [one for one in images if one.data_id.get("band") == _SHOWN_BAND]
        image = wanted[0] if wanted else images[len(images) // 2]
    if prefix is None or COADD not in image:
        return None
    return View(space, image, tuple(f"{prefix}{table}" for table in _TABLES))
