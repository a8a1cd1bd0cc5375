"""Draw coadds under named conditions: other seeing, depth, sizes, pixels."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
import yaml
from lsst.pex.config import DictField
from lsst.pipe.base import Struct

from ..data.outcome_tables import CONDITION
from ..errors import BadInputError
from .dimensions import IMAGE
from .simulate_scene import SimulateSceneConfig, SimulateSceneConnections, SimulateSceneTask

__all__ = [
    "SimulateConditionsConfig",
    "SimulateConditionsConnections",
    "SimulateConditionsTask",
]


class SimulateConditionsConnections(SimulateSceneConnections, dimensions=IMAGE):
    """Nothing in; a coadd, its galaxies and its condition out."""

    condition = ct.Output(
        doc="Name of the condition that the scene was made under.",
        name="blend_condition",
        storageClass="ArrowAstropy",
        dimensions=IMAGE,
    )


class SimulateConditionsConfig(
    SimulateSceneConfig, pipelineConnections=SimulateConditionsConnections
):
    """Configuration of `SimulateConditionsTask`: that of a scene, and the conditions."""

    conditions = DictField[str, str](
        doc="Conditions by name: what is changed of the other fields, 'field=value' and a space"
        " between two. The scenes take turns: with n conditions, scene k has condition k mod n"
        " and shows the galaxies of scene k // n.",
        default={
            "nominal": "",
            "PSF 0.5 arcsec": "psf_fwhm=0.5",
            "PSF 0.9 arcsec": "psf_fwhm=0.9",
            "PSF 1.1 arcsec": "psf_fwhm=1.1",
            "0.7 mag deeper": "extra_depth=0.7",
            "0.7 mag shallower": "extra_depth=-0.7",
            "galaxies 25% smaller": "size_scale=0.75",
            "galaxies 25% larger": "size_scale=1.25",
            "HSC pixels": "survey=hsc_i",
        },
        dictCheck=lambda conditions: len(conditions) > 0,
    )

    def validate(self) -> None:
        """Check that every condition is a possible configuration of a scene."""
        super().validate()
        for name in self.conditions:
            _changed(self, name)


class SimulateConditionsTask(SimulateSceneTask):
    """Draw coadds that take turns in being made under named conditions."""

    ConfigClass = SimulateConditionsConfig
    _DefaultName = "simulateConditions"

    def run(self, scene: int = 0, band: str | None = None) -> Struct:
        """Draw a scene under its condition.

        Parameters
        ----------
        scene : `int`
            Number of the scene: its remainder by the number of conditions
            chooses the condition, the rest the galaxies.
        band : `str`, optional
            Its band; the configured survey's own if not given.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``coadd``, ``truth`` and ``condition`` (one row,
            `~meas_blends.data.outcome_tables.CONDITION`).
        """
        names = list(self.config.conditions)
        number, turn = divmod(scene, len(names))
        name = names[turn]
        task = SimulateSceneTask(config=_changed(self.config, name), name=self.getName())
        drawn = task.run(scene=number, band=band)
        self.log.info("scene %d: %s", scene, name)
        settings = self.config.conditions[name]
        return Struct(
            coadd=drawn.coadd,
            truth=drawn.truth,
            condition=CONDITION.make({"condition": name, "settings": settings}),
        )


def _changed(config: SimulateConditionsConfig, name: str) -> SimulateSceneConfig:
    """Configuration of the scenes of one condition.

    Raises
    ------
    BadInputError
        If the condition names no field, or a value that it cannot have.
    """
    changed = SimulateSceneConfig()
    for field in SimulateSceneConfig._fields:
        if field not in ("connections", "saveLogOutput", "saveMetadata"):
            setattr(changed, field, _plain(getattr(config, field)))
    for setting in config.conditions[name].split():
        field, equals, text = setting.partition("=")
        if not equals or field not in SimulateSceneConfig._fields:
            raise BadInputError(
                f"condition '{name}': '{setting}' sets no field of a scene; write field=value."
            )
        try:
            setattr(changed, field, yaml.safe_load(text))
        except (ValueError, TypeError, yaml.YAMLError) as error:
            raise BadInputError(
                f"condition '{name}': {field} cannot be {text} ({str(error).splitlines()[0]})."
            ) from error
    changed.validate()
    return changed


def _plain(value: object) -> object:
    """Lists and dictionaries without pex_config's wrapping."""
    if hasattr(value, "items"):
        return dict(value.items())
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return list(value)
    return value
