"""Configuration overrides, as ``-c`` and ``-C`` give them, applied in their order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lsst.pex.config import Config

from ..errors import BadInputError
from .fields import set_text, set_value
from .override_files import place_of, read_yaml, run_python
from .settings import Origins

__all__ = ["Override", "file_override", "value_override"]

_YAML = (".yaml", ".yml")


@dataclass(frozen=True)
class Override:
    """One override of one task's configuration.

    Parameters
    ----------
    label : `str`
        Label of the task in the pipeline.
    field : `str`
        Dotted path of a field; empty if ``value`` is a file.
    value : `str`
        The value as text, or the path of a Python or YAML file.
    """

    label: str
    field: str
    value: str

    def __str__(self) -> str:
        if self.field:
            return f"-c {self.label}:{self.field}={self.value}"
        return f"-C {self.label}:{self.value}"

    def apply(self, config: Config, origins: Origins) -> None:
        """Change a configuration and note what was changed.

        Raises
        ------
        BadInputError
            If a field or a choice does not exist, or a value is wrong.
        """
        if self.field:
            set_text(config, self.field, self.value, str(self))
            origins.note(config, str(self))
        elif self.value.endswith(_YAML):
            for path, value, place in read_yaml(self.value, config):
                set_value(config, path, value, place)
                origins.note(config, place)
        else:
            run_python(self.value, config)
            origins.note(config, lambda entry: place_of(entry, self.value))


def value_override(text: str) -> Override:
    """Parse ``label:field=value``.

    Raises
    ------
    BadInputError
        If it has another form.
    """
    target, equals, value = text.partition("=")
    label, colon, field = target.partition(":")
    if not (equals and colon and label and field):
        raise BadInputError(
            f"-c {text}: not of the form label:field=value; give for example detect:threshold=4."
        )
    return Override(label.strip(), field.strip(), value.strip())


def file_override(text: str) -> Override:
    """Parse ``label:file``.

    Raises
    ------
    BadInputError
        If it has another form, or the file does not exist.
    """
    label, colon, name = text.partition(":")
    if not (colon and label and name):
        raise BadInputError(
            f"-C {text}: not of the form label:file; give for example classify:finder.yaml."
        )
    if "://" not in name and not Path(name).is_file():
        raise BadInputError(f"-C {text}: no such file; give a Python or YAML override file.")
    # As Python, most YAML would be taken for annotations and change nothing.
    if not name.endswith((*_YAML, ".py")):
        raise BadInputError(
            f"-C {text}: neither Python nor YAML by its name; give a file that ends in .py or"
            " .yaml."
        )
    return Override(label.strip(), "", name)
