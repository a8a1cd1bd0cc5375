"""Model packages by chance: whatever is in the folder, one sentence or a model comes out."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from meas_blends.data.packages import ModelPackage
from meas_blends.errors import BadInputError

BY_CHANCE = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
HEADER = {"format": 1, "kind": "toy", "name": "toy", "version": "1", "description": "d"}


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """Bytes of the two parts of a whole package."""
    folder = tmp_path_factory.mktemp("package") / "toy"
    arrays = {"weights": np.arange(24.0).reshape(2, 3, 4), "labels": np.array([1, -1], np.int8)}
    ModelPackage("toy", "toy", "1", "d", {"training": {"seeds": [1, 2]}}, arrays).write(folder)
    return (folder / "meta.yaml").read_bytes(), (folder / "arrays.safetensors").read_bytes()


def read(folder, meta, arrays):
    """Read a package of these parts: a model, or the sentence that says why there is none."""
    folder.mkdir(exist_ok=True)
    (folder / "meta.yaml").write_bytes(meta)
    (folder / "arrays.safetensors").write_bytes(arrays)
    try:
        return ModelPackage.read(folder)
    except BadInputError as error:
        message = str(error)
        assert message.startswith(f"{folder}: ") and message.endswith(".") and "\n" not in message
        return message


def tensors(header, data=bytes(64)):
    """A safetensors file with a header of one's own."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@st.composite
def damaged(draw, whole):
    """Bytes of a file with some changed, cut off, doubled or put in."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        change = draw(st.sampled_from(["set", "cut", "insert", "repeat"]))
        if change == "set" and content:
            content[at] = draw(st.integers(0, 255))
        elif change == "cut":
            del content[at : at + draw(st.integers(1, 200))]
        elif change == "insert":
            content[at:at] = draw(st.binary(min_size=1, max_size=20))
        else:
            content[at:at] = content[at : at + 40]
    return bytes(content)


@BY_CHANCE
@given(data=st.data())
def test_damaged_bytes(parts, tmp_path, data):
    meta, arrays = parts
    if data.draw(st.booleans()):
        meta = data.draw(damaged(meta))
    else:
        arrays = data.draw(damaged(arrays))
    read(tmp_path / "toy", meta, arrays)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


@BY_CHANCE
@given(meta=st.dictionaries(st.sampled_from([*HEADER, "more"]), TREES))
@example({**HEADER, "format": float("nan")})
@example({**HEADER, "name": "../../elsewhere"})
def test_meta_of_odd_types(parts, tmp_path, meta):
    found = read(tmp_path / "toy", json.dumps({**HEADER, **meta}).encode(), parts[1])
    if not isinstance(found, str):
        fields = (found.kind, found.name, found.version, found.description)
        assert all(type(field) is str for field in fields)


DTYPES = st.sampled_from(["F64", "F32", "F16", "BF16", "F8_E4M3", "I8", "BOOL", "U64", "C64", "X"])
SIZES = st.sampled_from([0, 1, 2, 8, 2**31, 2**62, 2**64, -1])
TENSOR = st.fixed_dictionaries(
    {
        "dtype": DTYPES,
        "shape": st.lists(SIZES, max_size=4),
        "data_offsets": st.lists(st.sampled_from([0, 8, 16, 64, 2**63, -8]), max_size=3),
    }
)


@BY_CHANCE
@given(header=st.dictionaries(st.sampled_from(["a", "../a", "/etc/a", ""]), TENSOR, max_size=3))
def test_array_headers_by_chance(parts, tmp_path, header):
    found = read(tmp_path / "toy", parts[0], tensors(header))
    if not isinstance(found, str):
        assert sum(array.nbytes for array in found.arrays.values()) <= 64


def test_only_what_was_written_is_there(parts, tmp_path):
    """Names of arrays are names, not paths."""
    header = {"../../a": {"dtype": "F64", "shape": [8], "data_offsets": [0, 64]}}
    (tmp_path / "deep").mkdir()
    found = read(tmp_path / "deep" / "toy", parts[0], tensors(header))
    assert set(found.arrays) == {"../../a"}
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {"deep/toy/meta.yaml", "deep/toy/arrays.safetensors"}


def bomb():
    """Ten lines that would stand for 10^9 numbers."""
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for k in range(1, 9):
        lines.append(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 10)}]")
    return "\n".join(lines).encode()


class Canary:
    """Leaves a file behind if anybody unpickles it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        (bomb(), "an alias"),
        (b"[" * 5_000, "damaged"),
        (b"a: " + b"9" * 5000, "damaged"),
        (b"a: 2026-13-41", "damaged"),
        (b"a: !!python/object/apply:os.getcwd []", "damaged"),
        (b"? {a: b}\n: c", "damaged"),
        (b"#" * (2**20 + 1), "meta.yaml is larger than 1 MB"),
    ],
)
def test_hostile_meta(parts, tmp_path, meta, words):
    assert words in read(tmp_path / "toy", meta, parts[1])


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 99_000_000) + b"{}",
        tensors(b"{" * 10_000),
        tensors({"a": {"dtype": "F64", "shape": [2**40], "data_offsets": [0, 2**43]}}),
        tensors({"a": {"dtype": "F64", "shape": [8], "data_offsets": [0, 64]}}, bytes(10)),
    ],
)
def test_array_headers_that_promise_too_much(parts, tmp_path, content):
    assert "damaged" in read(tmp_path / "toy", parts[0], content)


def test_a_pickle_is_not_opened(parts, tmp_path):
    import pickle

    content = pickle.dumps(Canary(tmp_path / "canary"))
    assert "damaged" in read(tmp_path / "toy", parts[0], content)
    assert "damaged" in read(tmp_path / "toy", content, parts[1])
    assert not (tmp_path / "canary").exists()


def test_an_array_file_beyond_all_models_is_not_read(parts, tmp_path):
    read(tmp_path / "toy", *parts)
    with open(tmp_path / "toy" / "arrays.safetensors", "r+b") as file:
        # Sparse: it takes no room.
        file.truncate(5 * 2**30)
    with pytest.raises(BadInputError, match=r"arrays\.safetensors is larger than 4096 MB"):
        ModelPackage.read(tmp_path / "toy")


@pytest.mark.parametrize("part", ["meta.yaml", "arrays.safetensors"])
def test_a_part_that_lies_elsewhere_is_not_read(parts, tmp_path, part):
    read(tmp_path / "toy", *parts)
    (tmp_path / "toy" / part).rename(tmp_path / part)
    (tmp_path / "toy" / part).symlink_to(tmp_path / part)
    with pytest.raises(BadInputError, match=f"its {part} is a link to another place"):
        ModelPackage.read(tmp_path / "toy")


def test_a_package_may_be_reached_by_a_link(parts, tmp_path):
    read(tmp_path / "toy", *parts)
    (tmp_path / "link").symlink_to(tmp_path / "toy")
    assert ModelPackage.read(tmp_path / "link").name == "toy"


def test_what_occurs_twice_is_written_twice(tmp_path):
    shared = [1, 2]
    ModelPackage("k", "n", "1", "d", {"a": shared, "b": shared}).write(tmp_path / "toy")
    assert ModelPackage.read(tmp_path / "toy").meta == {"a": [1, 2], "b": [1, 2]}
