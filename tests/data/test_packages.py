import numpy as np
import pytest

from meas_blends.data.packages import ModelPackage, find_package, shipped_packages
from meas_blends.errors import BadInputError


@pytest.fixture
def package():
    return ModelPackage(
        kind="blend_gp",
        name="toy",
        version="1.2",
        description="A toy: with a colon, and \u00fc.",
        meta={"seeds": [1, 2], "metrics": {"balanced accuracy": 0.8}, "trained_on": None},
        arrays={"weights": np.arange(6.0).reshape(2, 3).T, "labels": np.array([1, -1], np.int8)},
    )


@pytest.fixture
def folder(package, tmp_path):
    package.write(tmp_path / "toy")
    return tmp_path / "toy"


def test_a_package_comes_back(package, folder):
    back = ModelPackage.read(folder, kind="blend_gp")
    for field in ("kind", "name", "version", "description", "meta"):
        assert getattr(back, field) == getattr(package, field)
    assert set(back.arrays) == {"weights", "labels"}
    for name, array in package.arrays.items():
        assert back.arrays[name].dtype == array.dtype
        assert np.array_equal(back.arrays[name], array)
    assert back.label == "toy 1.2"


def test_only_yaml_and_safetensors_are_written(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["arrays.safetensors", "meta.yaml"]


def test_a_folder_is_found_by_its_path(folder):
    assert find_package(str(folder)).name == "toy"


def test_what_is_shipped_can_be_read():
    for name, path in shipped_packages().items():
        assert ModelPackage.read(path).name
        assert find_package(name).kind


def spoil(part, content):
    return lambda folder: (folder / part).write_bytes(content)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "meta.yaml").unlink(), "meta.yaml is missing"),
        (lambda folder: (folder / "arrays.safetensors").unlink(), "arrays.safetensors is missing"),
        (spoil("meta.yaml", b"a: [1,"), "damaged"),
        (spoil("meta.yaml", b"\xff\xfe\x00\x81"), "damaged"),
        (spoil("meta.yaml", b"- a list"), "lacks one of"),
        (spoil("meta.yaml", b""), "lacks one of"),
        (spoil("meta.yaml", b"format: 1\nkind: x\n"), "lacks one of"),
        (
            spoil("meta.yaml", b"format: 2\nkind: x\nname: x\nversion: x\ndescription: x\n"),
            "another format",
        ),
        (spoil("arrays.safetensors", b""), "damaged"),
        (spoil("arrays.safetensors", b"\x10\x00\x00\x00\x00\x00\x00\x00garbage"), "damaged"),
    ],
)
def test_damaged_packages_get_one_sentence(folder, change, words):
    change(folder)
    with pytest.raises(BadInputError, match=words) as caught:
        ModelPackage.read(folder)
    assert str(caught.value).startswith(str(folder))
    assert "\n" not in str(caught.value)


def test_truncated_arrays(folder):
    content = (folder / "arrays.safetensors").read_bytes()
    (folder / "arrays.safetensors").write_bytes(content[:-8])
    with pytest.raises(BadInputError, match="damaged"):
        ModelPackage.read(folder)


def test_another_kind_is_refused(folder):
    with pytest.raises(BadInputError, match="of kind blend_gp, where morphology_compact is needed"):
        find_package(str(folder), kind="morphology_compact")


def test_an_unknown_name_is_refused():
    with pytest.raises(BadInputError, match="no model package"):
        find_package("no_such_package")
