"""Which images show the same patch of the sky in different bands."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..data.fits import read_band
from ..data.image_names import band_rank, split_name
from ..errors import BadInputError
from ..plugins.layouts import register_layouts
from .units import Unit

__all__ = ["group_patches", "parse_bands"]


def parse_bands(text: str) -> tuple[str, ...]:
    """Read what ``--bands`` takes: ``gri``, or names with commas between them.

    Raises
    ------
    BadInputError
        If there is no band, or one twice.
    """
    names = text.split(",") if "," in text else list(text)
    bands = tuple(name.strip() for name in names)
    if not all(bands) or not bands or len(set(bands)) < len(bands):
        raise BadInputError(
            f"--bands {text}: not a list of different bands; give for example gri, or g,r,VIS."
        )
    return bands


def group_patches(
    units: Sequence[Unit], bands: Sequence[str] = ()
) -> tuple[list[Unit], list[Unit]]:
    """Group images into patches: those whose names differ only in their band.

    Parameters
    ----------
    units : sequence of `Unit`
        Images or scenes. What scene belongs to which patch is known; the
        patch of an image is its name without the band, which is that of its
        header or, if that says nothing, a letter ``ugrizy`` that stands alone
        in its name.
    bands : sequence of `str`, optional
        The bands there may be, in the order in which tasks get them; if not
        given, all, from blue to red.

    Returns
    -------
    images : `list` [`Unit`]
        The images patch by patch, and by band in each, with both known.
    patches : `list` [`Unit`]
        One a patch, in the order in which they first appear.

    Raises
    ------
    BadInputError
        If a patch has two images of one band, one of unknown band among
        others, or one of a band that was not asked for.
    """
    groups: dict[str, list[Unit]] = {}
    for unit in units:
        placed = unit if unit.patch else _place(unit)
        groups.setdefault(placed.patch, []).append(placed)
    taken = {unit.name for unit in units}
    images, patches = [], []
    for name, members in groups.items():
        _check(name, members, bands)
        members.sort(key=lambda unit: _order(unit.band, bands))
        # An image without a band in its name would share the patch's folder.
        while name in taken:
            name = f"{name}_patch"
        taken.add(name)
        images += [dataclasses.replace(unit, patch=name) for unit in members]
        names = tuple(unit.name for unit in members)
        patches.append(Unit(name, scene=members[0].scene, patch=name, members=names))
    return images, patches


def _place(unit: Unit) -> Unit:
    """Find out the patch and the band of an image."""
    register_layouts()
    try:
        options = unit.options
        band = read_band(unit.path, layout=options.layout, hdu=options.hdu, plane=options.plane)
    except BadInputError:
        # Told when its turn comes: it must not stop the other patches.
        band = ""
    patch, band = split_name(unit.name, band)
    return dataclasses.replace(unit, patch=patch, band=band)


def _order(band: str, bands: Sequence[str]) -> tuple[int, str]:
    return (list(bands).index(band), "") if bands else band_rank(band)


def _check(name: str, members: Sequence[Unit], bands: Sequence[str]) -> None:
    """Check that a patch has one image a band."""
    seen: dict[str, Unit] = {}
    for unit in members:
        what = unit.path or unit.name
        if len(members) > 1 and not unit.band:
            others = ", ".join(str(other.name) for other in members if other is not unit)
            raise BadInputError(
                f"{what}: of the same patch as {others} by its name, but its band is unknown; write"
                " it into its header (BAND) or its name."
            )
        if unit.band in seen:
            raise BadInputError(
                f"{what}: the {unit.band} band of the patch '{name}', as is"
                f" {seen[unit.band].path or seen[unit.band].name}; give one image a band, or names"
                " that differ in more than the band."
            )
        if bands and unit.band not in bands:
            raise BadInputError(
                f"{what}: its band is {unit.band or 'unknown'}, none of --bands"
                f" {', '.join(bands)}; leave it out, or add its band."
            )
        seen[unit.band] = unit
