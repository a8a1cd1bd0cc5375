import pytest

from fake_tasks import DetectConfig
from meas_blends.errors import BadInputError
from meas_blends.run.overrides import file_override, value_override
from meas_blends.run.settings import Origins
from meas_blends.tasks.classify_blends import ClassifyBlendsConfig


def apply(config, *overrides):
    origins = Origins()
    origins.note(config, "default")
    for override in overrides:
        override.apply(config, origins)
    return origins


@pytest.mark.parametrize("text", ["threshold=4", "detect:threshold", ":threshold=4", "detect:=4"])
def test_a_value_of_another_form_is_refused(text):
    with pytest.raises(BadInputError, match="label:field=value"):
        value_override(text)


def test_a_missing_file_is_refused():
    with pytest.raises(BadInputError, match=r"-C detect:nowhere\.py: no such file"):
        file_override("detect:nowhere.py")
    with pytest.raises(BadInputError, match="label:file"):
        file_override("nowhere.py")


def test_values_are_parsed_to_the_type_of_the_field():
    config = DetectConfig()
    origins = apply(
        config, value_override("detect:threshold=4"), value_override("detect:trouble.on=a=b")
    )
    assert config.threshold == 4.0
    assert config.trouble.on == "a=b"
    assert origins["threshold"] == "-c detect:threshold=4"


@pytest.mark.parametrize(
    "path",
    ["peak_finder.gp.threshold", "peak_finder.active.threshold", 'peak_finder["gp"].threshold'],
)
def test_fields_of_a_registered_subtask(path):
    config = ClassifyBlendsConfig()
    config.peak_finder.name = "gp"
    apply(config, value_override(f"classify:{path}=0.7"))
    assert config.peak_finder["gp"].threshold == 0.7


def test_the_peak_finder_is_chosen_by_name():
    config = ClassifyBlendsConfig()
    apply(config, value_override("classify:peak_finder.name=local_maxima"))
    assert config.peak_finder.name == "local_maxima"
    apply(config, value_override("classify:peak_finder=gp"))
    assert config.peak_finder.name == "gp"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("treshold=4", r"no field 'treshold'; choose one of .*threshold, low"),
        ("threshold=blue", r"Value blue .*float; the field is: Pixels above it are found\."),
        ("threshold=-1", r"Value -1\.0 is not a valid value"),
        ("trouble=4", r"incorrect type"),
        ("threshold.x=4", r"'threshold' is a plain value; leave out '\.x'"),
        ("trouble.nothing=4", r"no field 'nothing'; choose one of kind, on, log"),
    ],
)
def test_wrong_fields_and_values_get_one_sentence(override, message):
    with pytest.raises(BadInputError, match=message) as caught:
        apply(DetectConfig(), value_override(f"detect:{override}"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("peak_finder.name=magic", r"no such choice; choose one of local_maxima, gp"),
        ("peak_finder.magic.x=1", r"no 'magic'; choose one of local_maxima, gp"),
        ("peak_finder.gp=1", r"group of fields; choose one of model, threshold"),
    ],
)
def test_wrong_choices_name_the_choices(override, message):
    with pytest.raises(BadInputError, match=message):
        apply(ClassifyBlendsConfig(), value_override(f"classify:{override}"))


def test_yaml_files_nest_and_know_their_lines(tmp_path):
    path = tmp_path / "finder.yaml"
    path.write_text(
        "peak_finder:\n  name: gp\n  gp: {threshold: 0.7}\nfiltering.kernel: gaussian\n"
    )
    config = ClassifyBlendsConfig()
    origins = apply(config, file_override(f"classify:{path}"))
    assert config.peak_finder.name == "gp"
    assert config.peak_finder["gp"].threshold == 0.7
    assert origins["peak_finder.gp.threshold"] == f"{path}:3"
    assert origins["filtering.kernel"] == f"{path}:4"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- 1\n", "not a mapping"),
        ("a: [1\n", "not valid YAML"),
        ("threshold: high\n", r"o\.yaml:1: Value high"),
        ("\ntrouble:\n  kinds: bad\n", r"o\.yaml:3: there is no field 'kinds'"),
    ],
)
def test_wrong_yaml_files(tmp_path, text, message):
    path = tmp_path / "o.yaml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=message):
        apply(DetectConfig(), file_override(f"detect:{path}"))


def test_an_empty_yaml_file_changes_nothing(tmp_path):
    path = tmp_path / "empty.yaml"
    path.write_text("# nothing\n")
    config = DetectConfig()
    apply(config, file_override(f"detect:{path}"))
    assert config == DetectConfig()


def test_python_files_as_pipetask_takes_them(tmp_path):
    path = tmp_path / "o.py"
    path.write_text("import math\n\nconfig.threshold = 2 * math.pi\nconfig.trouble.on = 'x'\n")
    config = DetectConfig()
    origins = apply(config, file_override(f"detect:{path}"))
    assert config.threshold == pytest.approx(6.2832, abs=1e-4)
    assert origins["threshold"] == f"{path}:3"
    assert origins["trouble.on"] == f"{path}:4"
    assert origins["low"] == "default"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("config.threshold = 1\nconfig.treshold = 2\n", r"o\.py:2: AttributeError"),
        ("x = = 1\n", r"o\.py:1: SyntaxError"),
        ("\n1 / 0\n", r"o\.py:2: ZeroDivisionError"),
        ("config.threshold = -1.0\n", r"o\.py:1: FieldValidationError: Value -1\.0"),
    ],
)
def test_wrong_python_files_name_the_line(tmp_path, text, message):
    path = tmp_path / "o.py"
    path.write_text(text)
    with pytest.raises(BadInputError, match=message):
        apply(DetectConfig(), file_override(f"detect:{path}"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.py", b"raise SystemExit(3)", r"a\.py:1: SystemExit: 3; correct"),
        ("a.py", b"\xff\xfe", r"a\.py: UnicodeDecodeError"),
        ("a.yaml", b"\xff\xfe\x00", r"a\.yaml: not a readable text file"),
        ("a.yaml", b"grow: 1\nthreshold: [1", r"a\.yaml:\d: not valid YAML \(expected"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, monkeypatch, name, content, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        apply(DetectConfig(), file_override(f"detect:{name}"))


def test_a_file_must_be_python_or_yaml_by_its_name(tmp_path):
    # YAML read as Python would be an annotation, and change nothing.
    (tmp_path / "settings.txt").write_text("threshold: 4\n")
    with pytest.raises(BadInputError, match=r"ends in \.py or \.yaml"):
        file_override(f"detect:{tmp_path}/settings.txt")
