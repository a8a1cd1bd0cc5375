"""The package as a whole: what it exports, how its floors lie, and that its pages are true."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import meas_blends

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "python" / "meas_blends"

#: Ground floor first; modules of one floor may import one another and what lies below.
FLOORS = [
    {"errors"},
    {"data"},
    {"detection", "blends", "deblending", "morphology", "simulation", "evaluation", "pictures"},
    {"rubin"},
    {"plugins"},
    {"tasks"},
    {"middleware"},
    {"run"},
    {"cli"},
    {"__main__"},
]


def test_every_public_name_is_there():
    for name in meas_blends.__all__:
        assert getattr(meas_blends, name) is not None
    assert set(meas_blends.__all__) <= set(dir(meas_blends))
    with pytest.raises(AttributeError, match="Nothing"):
        meas_blends.__getattr__("Nothing")


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, meas_blends, meas_blends.plugins, meas_blends.cli;"
        "heavy = {'lsst', 'torch', 'galsim', 'astropy', 'matplotlib'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def imported_rooms(path):
    """Top-level rooms of meas_blends that a module imports."""
    package = ["meas_blends", *path.relative_to(PACKAGE).with_suffix("").parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            names = [*base, *(node.module.split(".") if node.module else [])]
            if len(names) > 1:
                yield names[1]
            else:
                yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("meas_blends."):
            yield node.module.split(".")[1]


def test_each_floor_imports_only_the_floors_below():
    height = {room: number for number, floor in enumerate(FLOORS) for room in floor}
    climbs = []
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts == ("__init__",):
            continue
        for room in imported_rooms(path):
            if height.get(room, -1) > height[parts[0]]:
                climbs.append(f"{'/'.join(parts)} imports {room}")
    assert not climbs


def test_algorithms_know_nothing_of_lsst():
    for room in FLOORS[1] | FLOORS[2]:
        for path in (PACKAGE / room).rglob("*.py"):
            assert "import lsst" not in path.read_text() and "from lsst" not in path.read_text()


@pytest.mark.parametrize("page", ["surveys", "tables", "tasks"])
def test_reference_pages_agree_with_the_code(page):
    spec = importlib.util.spec_from_file_location("reference", ROOT / "doc" / "make_reference.py")
    reference = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reference)
    written = (ROOT / "doc" / f"{page}.md").read_text()
    made = getattr(reference, f"{page}_page")()
    assert written == made, "run python doc/make_reference.py"
