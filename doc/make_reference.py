"""Write doc/tables.md, doc/tasks.md and the table in doc/surveys.md from the code.

Run it after a change of a column, a flag, a task or its configuration, or a
survey: ``python doc/make_reference.py``. A test holds the pages against the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lsst.pex.config import ChoiceField, Config, ConfigChoiceField, ConfigField, DictField, Field
from lsst.pipe.base import PipelineTask

from meas_blends.data.catalogs import SCHEMAS
from meas_blends.data.schema import TableSchema
from meas_blends.plugins import extensions, load
from meas_blends.simulation.depths import image_fwhm, limiting_magnitude
from meas_blends.simulation.survey import Survey, shipped_surveys, survey_notes

__all__ = ["surveys_page", "tables_page", "tasks_page"]

_FOLDER = Path(__file__).parent

#: What the table of surveys stands between.
_MARKS = ("<!-- surveys: made by make_reference.py -->\n", "<!-- end of surveys -->\n")


def tables_page() -> str:
    """Every table with its columns and flags, as Markdown."""
    head = """# The tables

Parquet files with units, descriptions and UCDs in their metadata;
`meas_blends.data.tables.read_table`, the Butler and
`astropy.table.Table.read` (with pandas installed) read them. Positions are parent pixels:
0-based, an integer is the centre of a pixel, the coadd's `xy0` added.
"""
    return head + "".join(_table(schema) for schema in SCHEMAS.values()) + _NOTE


_NOTE = """
This page is made by `doc/make_reference.py`.
"""


def _table(schema: TableSchema) -> str:
    lines = [f"\n## `{schema.name}`\n\n{schema.description}.\n"]
    lines.append("| column | type | unit | what it holds |\n| --- | --- | --- | --- |")
    for column in schema.columns:
        lines.append(f"| `{column.name}` | {column.dtype} | {column.unit} | {column.description} |")
    if schema.flags:
        lines.append("| `flags` | i4 |  | Bits, added up |")
        lines.append("\n| flag | value | meaning |\n| --- | --- | --- |")
        lines += [f"| `{flag.name}` | {flag.mask} | {flag.description} |" for flag in schema.flags]
    return "\n".join(lines) + "\n"


def tasks_page() -> str:
    """Everything that a plugin may offer, with its configuration, as Markdown."""
    head = """# The tasks

A task is chosen in a pipeline by its class, a peak finder or an estimator by
its name. Every field below is set with `-c LABEL:field=value`, where LABEL is
the task's label in the pipeline, or in an override file with
`-C LABEL:file.py` or `-C LABEL:file.yaml`; `blendtask config PIPELINE` shows
what a run would use.
"""
    parts = [head]
    for kind, title in (
        ("task", "Tasks"),
        ("peak_finder", "Peak finders"),
        ("trainer", "Trainers of blend classifiers"),
        ("estimator", "Morphology estimators"),
        ("morphology_trainer", "Trainers of morphology networks"),
    ):
        parts.append(f"\n# {title}\n")
        for found in extensions():
            if found.extension.kind == kind and found.origin == "meas_blends":
                parts.append(_section(found.extension.name, found.extension.summary, load(found)))
    return "".join(parts) + _NOTE


def _section(name: str, summary: str, task: type) -> str:
    lines = [f"\n## `{name}`: {task.__name__}\n\n{summary}.\n"]
    lines.append(f"`{task.__module__}.{task.__name__}`\n")
    if issubclass(task, PipelineTask):
        lines.append("| | dataset | what |\n| --- | --- | --- |")
        lines += _connections(task)
        lines.append("")
    lines.append("| field | type | default | what it does |\n| --- | --- | --- | --- |")
    lines += _fields(task.ConfigClass())
    return "\n".join(lines) + "\n"


def _connections(task: type) -> Iterator[str]:
    config = task.ConfigClass()
    connections = config.connections.ConnectionsClass(config=config)
    for way, names in (("reads", connections.inputs), ("writes", connections.outputs)):
        for name in sorted(names):
            connection = getattr(connections, name)
            yield f"| {way} | `{connection.name}` | {connection.doc} |"


def _fields(config: Config, prefix: str = "") -> Iterator[str]:
    for name, field in config._fields.items():
        if name in ("connections", "saveLogOutput"):
            continue
        value = getattr(config, name)
        if isinstance(field, ConfigChoiceField):
            names = ", ".join(f"`{key}`" for key in value)
            end, kind = ("names", "list of names") if field.multi else ("name", "name")
            chosen = sorted(value.names) if field.multi else value.name
            yield (f"| `{prefix}{name}.{end}` | {kind} | `{chosen}` | {field.doc} One of {names} |")
        elif isinstance(field, ConfigField):
            yield from _fields(value, f"{prefix}{name}.")
        else:
            yield f"| `{prefix}{name}` | {_type(field)} | `{_default(value)}` | {_doc(field)} |"


def _type(field: Field) -> str:
    if isinstance(field, DictField):
        return f"{field.itemtype.__name__} by {field.keytype.__name__}"
    kind = getattr(field, "itemtype", None)
    return f"list of {kind.__name__}" if kind else field.dtype.__name__


def _default(value: object) -> object:
    if hasattr(value, "items"):
        return dict(value.items())
    return list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else value


def _doc(field: Field) -> str:
    doc = " ".join(field.doc.split())
    if isinstance(field, ChoiceField):
        # What the field appends to its doc is laid out for a terminal.
        doc = doc.partition(" Allowed values:")[0]
        known = (f"`{name}`: {what}" for name, what in field.allowed.items() if name is not None)
        doc = f"{doc} One of {'; '.join(known)}."
    return doc.replace("|", "\\|")


def surveys_page() -> str:
    """The page of surveys, its table made anew."""
    page = (_FOLDER / "surveys.md").read_text()
    before, _, rest = page.partition(_MARKS[0])
    _, _, after = rest.partition(_MARKS[1])
    lines = [
        "| survey | pixel | FWHM in images | 5 sigma, point sources | published | there |",
        "| --- | --- | --- | --- | --- | --- |",
        *(_survey_row(name) for name in shipped_surveys()),
    ]
    return before + _MARKS[0] + "\n".join(lines) + "\n" + _MARKS[1] + after


def _survey_row(name: str) -> str:
    survey, notes = Survey.named(name), survey_notes(name)
    fwhm = image_fwhm(survey)
    cells = [
        f"`{name}`",
        f'{survey.pixel_scale:g}"',
        f'{fwhm:.2f}" ({fwhm / survey.pixel_scale:.1f} pixels)',
        f"{limiting_magnitude(survey):.2f}",
    ]
    depth = dict(notes.get("depth", {}))
    if not depth:
        return f"| {' | '.join([*cells, '', ''])} |"
    magnitude = depth.pop("magnitude")
    measure = f"{depth['significance']} sigma"
    if "aperture" in depth:
        measure += f' in {depth["aperture"]:g}"'
    if depth.get("corrected"):
        measure += ", made total"
    if "half_light_radius" in depth:
        measure += f', disk of {depth["half_light_radius"]:g}"'
    here = f"{limiting_magnitude(survey, **depth):.2f}"
    return f"| {' | '.join([*cells, f'{magnitude} ({measure})', here])} |"


def main() -> None:
    """Write the pages."""
    (_FOLDER / "tables.md").write_text(tables_page())
    (_FOLDER / "tasks.md").write_text(tasks_page())
    (_FOLDER / "surveys.md").write_text(surveys_page())


if __name__ == "__main__":
    main()
