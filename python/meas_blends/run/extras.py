"""Further files that a user may ask for: tables as ECSV, DS9 regions, a colour picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ..data.coadd import Coadd
from ..data.image_names import band_rank
from ..data.regions import regions_text
from ..data.tables import TABLE_SUFFIX
from ..errors import BadInputError
from .levels import Level
from .plan import COADD, Plan
from .view import View, find_view
from .workspace import Workspace

__all__ = ["EXTRAS", "make_extras", "parse_extras"]

_COLOUR_NAME = "colour.png"

#: Bands of a colour picture, from blue to red, if a patch has them all.
_COLOUR_BANDS = ("g", "r", "i")


def parse_extras(text: str, plan: Plan) -> tuple[str, ...]:
    """Read what ``--also`` takes: names of `EXTRAS` with commas between them.

    Raises
    ------
    BadInputError
        If there is no such extra, or the pipeline can give none.
    """
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in EXTRAS:
            raise BadInputError(f"--also {name}: no such files; give {', '.join(EXTRAS)}.")
    if "colour" in names and not plan.phases_of(Level.PATCH):
        raise BadInputError(
            "--also colour: this pipeline looks at each image by itself; give one that combines"
            " bands, such as -p classify_bands, or leave it out."
        )
    return names


def make_extras(
    names: Sequence[str], space: Workspace, images: Sequence[Workspace] = ()
) -> list[str]:
    """Make the further files of an image, a patch or the run, unless they are there.

    Parameters
    ----------
    names : sequence of `str`
        Of `EXTRAS`.
    space, images
        As `find_view` takes them.

    Returns
    -------
    notes : `list` [`str`]
        What could not be made, and why.
    """
    notes = (EXTRAS[name](space, images) for name in names)
    return [note for note in notes if note]


def _make_ecsv(space: Workspace, images: Sequence[Workspace]) -> str:
    """Write each table as ECSV beside its Parquet file."""
    for name in sorted(space):
        path = space.path(name)
        if path is None or path.suffix != TABLE_SUFFIX:
            continue
        file = path.with_suffix(".ecsv").name

        def write(path: Path, name: str = name) -> None:
            space.read(name).write(path, format="ascii.ecsv")

        space.derive(file, file, {name: space.fingerprint(name)}, write)
    return ""


def _make_regions(space: Workspace, images: Sequence[Workspace]) -> str:
    """Write footprints and peaks as DS9 regions in pixels and, with a WCS, on the sky."""
    view = find_view(space, images)
    if view is None:
        return ""
    coadd = view.coadd
    _derive_regions(view, "regions.reg", "image", coadd.array_pixels)
    if coadd.wcs is not None:
        _derive_regions(view, "regions_icrs.reg", "icrs", coadd.sky)
    return ""


def _derive_regions(view: View, file: str, system: str, transform: Callable) -> None:
    def write(path: Path) -> None:
        path.write_text(regions_text(system, transform, *view.tables()))

    view.space.derive(file, file, view.sources(), write)


def _make_colour(space: Workspace, images: Sequence[Workspace]) -> str:
    """Draw a patch in three bands."""
    view = find_view(space, images)
    if view is None or not images:
        return ""
    three = _three_bands(images)
    if len(three) < 3:
        return f"no {_COLOUR_NAME}, it needs three bands"

    def draw(path: Path) -> None:
        from ..pictures.blends import draw_blends
        from ..pictures.colour import lupton_rgb

        coadds: list[Coadd] = [image[COADD] for image in three]
        levels = lupton_rgb(coadds)
        bands = ", ".join(coadd.band for coadd in coadds)
        shown = coadds[-1].replace(name=space.folder.name, band=bands)
        draw_blends(shown, *view.tables(), levels=levels).savefig(path)

    space.derive(_COLOUR_NAME, _COLOUR_NAME, view.sources(*three), draw)
    return ""


def _three_bands(images: Sequence[Workspace]) -> list[Workspace]:
    """Three images from blue to red: g, r and i, else the bluest, the middle and the reddest."""
    of = {image.data_id.get("band", ""): image for image in images if COADD in image}
    if all(band in of for band in _COLOUR_BANDS):
        return [of[band] for band in _COLOUR_BANDS]
    bands = sorted(of, key=band_rank)
    if len(bands) < 3:
        return []
    return [of[bands[k]] for k in (0, len(bands) // 2, -1)]


#: What ``--also`` knows by name, and what makes it.
EXTRAS: dict[str, Callable[[Workspace, Sequence[Workspace]], str]] = {
    "ecsv": _make_ecsv,
    "regions": _make_regions,
    "colour": _make_colour,
}
