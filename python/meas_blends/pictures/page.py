"""A plain HTML page: text, tables, pictures that lie beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

__all__ = ["Section", "make_page", "picture", "table"]

_STYLE = """
body { font: 16px/1.5 Georgia, "Times New Roman", serif; color: #222; background: #fff;
       max-width: 62rem; margin: 2.5rem auto; padding: 0 1.5rem; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .4rem; border-bottom: 1px solid #ccc;
     padding-bottom: .2rem; }
p { margin: .5rem 0 .8rem; max-width: 48rem; }
nav { font: 13px/1.7 system-ui, sans-serif; margin: 1rem 0; }
nav a { margin-right: 1.1rem; white-space: nowrap; }
a { color: #0b5ea8; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font: 13px/1.5 system-ui, sans-serif; margin: .8rem 0 1.2rem;
        font-variant-numeric: tabular-nums; }
caption { text-align: left; color: #555; padding-bottom: .3rem; }
th, td { padding: .2rem .7rem; text-align: right; vertical-align: top; }
th { border-bottom: 1.5px solid #222; font-weight: 600; }
tr:last-child td { border-bottom: 1.5px solid #222; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td.text, th.text { text-align: left; }
.err { color: #777; }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem 1.6rem; align-items: flex-start; }
figure { margin: .4rem 0; }
figure img { display: block; max-width: 100%; height: auto; }
figcaption { font: 12.5px/1.45 system-ui, sans-serif; color: #555; max-width: 46rem;
             margin-top: .3rem; }
.small { width: 24rem; max-width: 100%; }
.wide { width: 100%; }
@media print { body { max-width: none; } h2 { break-after: avoid; }
               figure { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Parameters
    ----------
    name : `str`
        Anchor: letters and underscores.
    title : `str`
        Heading.
    text : `str`
        What is seen, and how it is measured. Plain text.
    parts : sequence of `str`
        HTML from `table` and `picture`.
    """

    name: str
    title: str
    text: str
    parts: Sequence[str] = field(default_factory=tuple)


def make_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """Build a page that needs nothing but the pictures beside it.

    Parameters
    ----------
    title, lead : `str`
        Plain text.
    sections : sequence of `Section`
        In order.

    Returns
    -------
    html : `str`
    """
    links = " ".join(f'<a href="#{s.name}">{escape(s.title)}</a>' for s in sections)
    body = "\n".join(_section(section) for section in sections)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p>{escape(lead)}</p>
<nav>{links}</nav>
{body}
</body>
</html>
"""


def table(
    head: Sequence[str], rows: Sequence[Sequence[object]], n_text: int = 1, caption: str = ""
) -> str:
    """Set a table.

    Parameters
    ----------
    head : sequence of `str`
        Headings.
    rows : sequence of sequences
        Cells: text, or a pair of texts (value, error).
    n_text : `int`
        Columns at the left that hold text; the others hold numbers.
    caption : `str`
        Plain text above it; none if empty.

    Returns
    -------
    html : `str`
    """
    above = [f"<caption>{escape(caption)}</caption>"] if caption else []
    lines = ['<div class="scroll"><table>', *above, _row("th", head, n_text)]
    lines += [_row("td", row, n_text) for row in rows]
    return "\n".join([*lines, "</table></div>"])


def picture(file: str, caption: str, wide: bool = False) -> str:
    """Show a picture that lies beside the page, with its caption."""
    size = "wide" if wide else "small"
    name = escape(file, quote=True)
    return (
        f'<figure class="{size}"><a href="{name}"><img src="{name}" alt="{escape(caption)}">'
        f"</a><figcaption>{escape(caption)}</figcaption></figure>"
    )


def _section(section: Section) -> str:
    parts = list(section.parts)
    if any(part.startswith("<figure") for part in parts):
        first = next(k for k, part in enumerate(parts) if part.startswith("<figure"))
        parts[first:] = ['<div class="pictures">', *parts[first:], "</div>"]
    inner = "\n".join(parts)
    return (
        f'<section id="{escape(section.name, quote=True)}">\n<h2>{escape(section.title)}</h2>\n'
        f"<p>{escape(section.text)}</p>\n{inner}\n</section>"
    )


def _row(tag: str, cells: Sequence[object], n_text: int) -> str:
    made = []
    for number, cell in enumerate(cells):
        kind = ' class="text"' if number < n_text else ""
        if isinstance(cell, tuple):
            value, error = (escape(str(part)) for part in cell)
            inner = f'{value} <span class="err">± {error}</span>' if error else value
        else:
            inner = escape(str(cell))
        made.append(f"<{tag}{kind}>{inner}</{tag}>")
    return f"<tr>{''.join(made)}</tr>"
