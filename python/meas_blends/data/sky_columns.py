"""Columns that the tables of real skies share."""

from __future__ import annotations

from .schema import Column

__all__ = ["TARGETS", "compared", "with_error"]

#: What is compared with space images: description, unit, UCD.
TARGETS = {
    "flux": ("Total flux", "nJy", "phot.flux"),
    "radius": ("Half-light radius, major axis, before the PSF", "arcsec", "phys.angSize"),
}

#: Percentages of the quantiles of posteriors, by the suffixes of their columns.
_QUANTILES = {
    "p02275": "2.275",
    "p15865": "15.865",
    "p50": "50",
    "p84135": "84.135",
    "p97725": "97.725",
}


def with_error(name: str, description: str, ucd: str, unit: str = "") -> tuple[Column, Column]:
    """A number and its standard error."""
    told = f"Standard error of {name}, by drawing galaxies anew"
    error = Column(f"{name}Err", "f4", told, unit, "stat.error")
    return Column(name, "f4", description, unit, ucd), error


def compared() -> tuple[Column, ...]:
    """What is true of flux and radius, and what was measured."""
    columns = []
    for name, (text, unit, ucd) in TARGETS.items():
        true = f"true{name[0].upper()}{name[1:]}"
        columns.append(Column(true, "f4", f"{text}, as the space image gives it", unit, ucd))
        columns += [
            Column(f"{name}_{suffix}", "f4", f"{text}: {percent}% quantile", unit, ucd)
            for suffix, percent in _QUANTILES.items()
        ]
    return tuple(columns)
