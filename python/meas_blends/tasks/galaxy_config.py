"""Configuration of galaxies to draw, and of the images that they are seen in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsst.pex.config import ChoiceField, Config, Field, ListField

if TYPE_CHECKING:
    from ..morphology.populations import Population

__all__ = ["PopulationConfig", "is_range"]


def is_range(ends: list[float]) -> bool:
    """Whether a list is two positive numbers, the lower first."""
    return len(ends) == 2 and 0 < ends[0] <= ends[1]


class PopulationConfig(Config):
    """Which galaxies to draw."""

    population = ChoiceField[str](
        doc="Which galaxies to draw.",
        allowed={
            "table1": "those of Ghosh et al. (2022), Table 1: all uniform, fluxes in nJy",
            "log_uniform": "radii and S/N log-uniform: small and faint galaxies as often as others",
        },
        default="log_uniform",
        optional=False,
    )
    radius = ListField[float](
        doc="Half-light radii [arcsec], low and high: of all components, and in 'table1' of disks"
        " and of galaxies with one component. If not given, 0.1 to 2.5, and 0.1 to 5 in 'table1'.",
        default=[],
        listCheck=lambda ends: not ends or is_range(ends),
    )
    bulge_radius = ListField[float](
        doc="In 'table1', half-light radii of bulges beside a disk [arcsec], low and high.",
        default=[0.1, 3.0],
        listCheck=is_range,
    )
    flux = ListField[float](
        doc="In 'table1', total fluxes [nJy], low and high.",
        default=[1e3, 5e6],
        listCheck=is_range,
    )
    signal_to_noise = ListField[float](
        doc="In 'log_uniform', matched-filter S/N of the whole galaxy, low and high.",
        default=[5.0, 1500.0],
        listCheck=is_range,
    )
    bulge_n = ListField[float](
        doc="Sersic indices of bulges, low and high.", default=[3.5, 5.0], listCheck=is_range
    )
    disk_n = ListField[float](
        doc="Sersic indices of disks, low and high.", default=[0.8, 1.2], listCheck=is_range
    )
    axis_ratio = ListField[float](
        doc="Minor over major axis of each component, low and high.",
        default=[0.25, 1.0],
        listCheck=is_range,
    )
    single_share = Field[float](
        doc="Share of galaxies that are a pure bulge or a pure disk.",
        default=0.25,
        check=lambda share: 0 <= share <= 1,
    )

    def make(self) -> Population:
        """Return the configured `~meas_blends.morphology.populations.Population`."""
        from ..morphology.populations import LogUniform, Table1

        names = ["bulge_n", "disk_n", "axis_ratio", *(["radius"] if self.radius else [])]
        names += ["bulge_radius", "flux"] if self.population == "table1" else ["signal_to_noise"]
        ranges = {name: tuple(getattr(self, name)) for name in names}
        kind = Table1 if self.population == "table1" else LogUniform
        return kind(**ranges, single_share=self.single_share)
