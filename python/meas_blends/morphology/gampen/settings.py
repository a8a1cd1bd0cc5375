"""What must be known of a GaMPEN network beside its weights."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...data.coadd import NANOJANSKY_ZERO_POINT
from ...errors import BadInputError
from .network import GampenArchitecture
from .targets import MEASURED, TRANSFORMS, Target

__all__ = ["GampenSettings"]

#: Units that a measured target may have.
_UNITS = {"bulge_to_total": ("",), "half_light_radius": ("arcsec",), "flux": ("count", "nJy")}


@dataclass(frozen=True)
class GampenSettings:
    """How a network was trained, as far as its use needs it.

    Parameters
    ----------
    cutout_size : `int`
        Side of its images [pixel].
    pixel_scale : `float`
        Of its images [arcsec].
    zero_point : `float`
        AB magnitude of one count of its images.
    bands : `tuple` [`str`, ...]
        Of its images; a single one stands for all its channels.
    dropout_rate : `float`
        Share of the elements that a dropout sets to zero.
    targets : `tuple` [`~meas_blends.morphology.gampen.targets.Target`, ...]
        In the order of its outputs.
    bulge_epsilon : `float`
        B/T was clipped this far from 0 and 1 before its logit.
    magnitude_slope : `float`
        Magnitudes a decade of flux of the pipeline that trained it: -2.5, or
        -2.512 for the public one.
    """

    cutout_size: int
    pixel_scale: float
    zero_point: float
    bands: tuple[str, ...]
    dropout_rate: float
    targets: tuple[Target, ...]
    bulge_epsilon: float
    magnitude_slope: float

    @property
    def nanojansky_per_count(self) -> float:
        """Flux of one count of its images [nJy]."""
        return 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - self.zero_point))

    @property
    def target_mean(self) -> np.ndarray:
        """Mean of the transformed targets, (t,)."""
        return np.array([target.mean for target in self.targets])

    @property
    def target_std(self) -> np.ndarray:
        """Standard deviation of the transformed targets, (t,)."""
        return np.array([target.std for target in self.targets])

    def place(self, name: str) -> int:
        """Place of a target among the outputs; -1 if it is not predicted."""
        names = [target.name for target in self.targets]
        return names.index(name) if name in names else -1

    def as_meta(self) -> dict[str, Any]:
        """Plain lists and numbers: those of a settings file."""
        meta = asdict(self)
        meta["bands"] = list(self.bands)
        meta["targets"] = [asdict(target) for target in self.targets]
        return meta

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> GampenSettings:
        """Read a settings file, see ``doc/gampen.md``.

        Raises
        ------
        BadInputError
            If it cannot be read, lacks a field, or a field is wrong.
        """
        try:
            meta = json.loads(Path(path).read_text())
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise BadInputError(
                f"{path}: no readable JSON ({str(error).splitlines()[0]}); give a settings file as"
                " doc/gampen.md describes it."
            ) from error
        return cls.from_meta(meta, str(path))

    @classmethod
    def from_meta(cls, meta: Any, source: str) -> GampenSettings:
        """Undo `as_meta`, and check all of it.

        Parameters
        ----------
        meta : `dict`
        source : `str`
            Where it is from, for messages.

        Raises
        ------
        BadInputError
            If it lacks a field, or a field is wrong.
        """
        _check_fields(meta, cls.__dataclass_fields__, set(cls.__dataclass_fields__), source)
        bands = meta["bands"]
        if not (isinstance(bands, list) and bands and all(isinstance(b, str) for b in bands)):
            raise _wrong(source, "bands", bands, 'a list of names such as ["g"]')
        targets = meta["targets"]
        if not (isinstance(targets, list) and targets):
            raise _wrong(source, "targets", targets, "a list, in the order of the outputs")
        settings = cls(
            cutout_size=_number(
                meta, "cutout_size", source, GampenArchitecture.SMALLEST - 1, math.inf, whole=True
            ),
            pixel_scale=_number(meta, "pixel_scale", source, 0, math.inf),
            zero_point=_number(meta, "zero_point", source, -200, 200),
            bands=tuple(bands),
            dropout_rate=_number(meta, "dropout_rate", source, 0, 1, closed=True),
            targets=tuple(
                _target(target, f"{source}: target {number}")
                for number, target in enumerate(targets)
            ),
            bulge_epsilon=_number(meta, "bulge_epsilon", source, 0, 0.5),
            magnitude_slope=_number(meta, "magnitude_slope", source, -10, 0),
        )
        names = [target.name for target in settings.targets]
        if len(set(names)) < len(names):
            raise _wrong(source, "targets", names, "different names")
        return settings


def _target(meta: Any, source: str) -> Target:
    required = {"name", "transform", "mean", "std"}
    _check_fields(meta, Target.__dataclass_fields__, required, source)
    name, transform, unit = meta["name"], meta["transform"], meta.get("unit", "")
    if transform not in TRANSFORMS:
        raise _wrong(source, "transform", transform, " or ".join(TRANSFORMS))
    if name in MEASURED:
        expected = "logit" if name == "bulge_to_total" else "log"
        if transform != expected:
            raise _wrong(source, "transform", transform, f"{expected}, for {name}")
        if unit not in _UNITS[name]:
            wanted = " or ".join(_UNITS[name]) or "none"
            raise _wrong(source, "unit", unit, f"{wanted}, for {name}")
    return Target(
        str(name),
        transform,
        _number(meta, "mean", source, -math.inf, math.inf),
        _number(meta, "std", source, 0, math.inf),
        str(unit),
    )


def _check_fields(meta: Any, known: Mapping[str, object], required: set[str], source: str) -> None:
    if not isinstance(meta, Mapping):
        raise BadInputError(f"{source}: not an object with fields; see doc/gampen.md.")
    missing = [name for name in known if name in required and name not in meta]
    if missing:
        raise BadInputError(f"{source}: lacks {', '.join(missing)}; see doc/gampen.md.")
    unknown = [str(name) for name in meta if name not in known]
    if unknown:
        raise BadInputError(
            f"{source}: there is no field {', '.join(unknown)}; those there are:"
            f" {', '.join(known)}."
        )


def _number(
    meta: Mapping[str, Any],
    name: str,
    source: str,
    low: float,
    high: float,
    whole: bool = False,
    closed: bool = False,
) -> Any:
    """A finite number between two others, of which ``closed`` allows the lower."""
    value = meta[name]
    kind = int if whole else (int, float)
    good = isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)
    if not good or not (low < value < high or (closed and value == low)):
        what = "a whole number" if whole else "a number"
        between = f" between {low:g} and {high:g}" if math.isfinite(high) else f" above {low:g}"
        raise _wrong(source, name, value, what + (between if math.isfinite(low) else ""))
    return value if whole else float(value)


def _wrong(source: str, name: str, value: Any, wanted: str) -> BadInputError:
    return BadInputError(f"{source}: {name} is {json.dumps(value)}; give {wanted}.")
