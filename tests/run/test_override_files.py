import pytest

from fake_tasks import DetectConfig
from meas_blends.errors import BadInputError
from meas_blends.run.override_files import place_of, read_yaml, run_python
from meas_blends.run.overrides import file_override
from meas_blends.run.settings import Origins
from meas_blends.tasks.classify_blends import ClassifyBlendsConfig


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Work in an empty folder, so that files have short names."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(here, text, config):
    (here / "o.yaml").write_text(text)
    return list(read_yaml("o.yaml", config))


def test_yaml_gives_fields_values_and_lines(here):
    text = "threshold: 4\n\ntrouble:\n  kind: bad\n  # why\n  on: a.fits\n"
    assert read(here, text, DetectConfig()) == [
        ("threshold", 4, "o.yaml:1"),
        ("trouble.kind", "bad", "o.yaml:4"),
        ("trouble.on", "a.fits", "o.yaml:6"),
    ]


def test_yaml_of_a_choice_holds_its_name_and_the_settings_of_each(here):
    text = "peak_finder:\n  name: gp\n  gp:\n    threshold: 0.7\n"
    assert read(here, text, ClassifyBlendsConfig()) == [
        ("peak_finder.name", "gp", "o.yaml:2"),
        ("peak_finder.gp.threshold", 0.7, "o.yaml:4"),
    ]


def test_a_mapping_for_a_plain_field_is_one_value(here):
    # Whether the field takes it, is for the field to say.
    assert read(here, "threshold: {a: [1, 2]}\n", DetectConfig()) == [
        ("threshold", {"a": [1, 2]}, "o.yaml:1")
    ]


def test_yaml_runs_no_code(here):
    with pytest.raises(BadInputError, match=r"o\.yaml:1: not valid YAML"):
        read(here, "threshold: !!python/object/apply:os.getpid []\n", DetectConfig())


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_an_empty_yaml_file_changes_nothing(here, text):
    assert read(here, text, DetectConfig()) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"- 1\n", r"o\.yaml: not a mapping"),
        (b"a: [1\n", r"o\.yaml:\d: not valid YAML"),
        (b"grow: 1\nthreshold: [1", r"o\.yaml:\d: not valid YAML \(expected"),
        (b"\xff\xfe\x00", r"o\.yaml: not a readable text file"),
    ],
)
def test_yaml_that_cannot_be_used(here, content, message):
    (here / "o.yaml").write_bytes(content)
    with pytest.raises(BadInputError, match=message):
        list(read_yaml("o.yaml", DetectConfig()))


def test_a_yaml_file_that_is_not_there():
    with pytest.raises(BadInputError, match=r"none\.yaml: not a readable text file"):
        list(read_yaml("none.yaml", DetectConfig()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("threshold: high\n", r"o\.yaml:1: Value high"),
        ("\ntrouble:\n  kinds: bad\n", r"o\.yaml:3: there is no field 'kinds'"),
    ],
)
def test_wrong_fields_in_yaml_name_the_line(here, text, message):
    (here / "o.yaml").write_text(text)
    with pytest.raises(BadInputError, match=message):
        file_override("detect:o.yaml").apply(DetectConfig(), Origins())


def test_python_sets_fields_of_config(here):
    (here / "o.py").write_text("import math\n\nconfig.threshold = 2 * math.pi\n")
    config = DetectConfig()
    run_python("o.py", config)
    assert config.threshold == pytest.approx(6.2832, abs=1e-4)


def test_the_place_is_the_line_of_the_file_that_set_the_field(here):
    text = "def lift(c):\n    c.threshold = 9.0\n\n\nlift(config)\nconfig.low = 3.0\n"
    (here / "o.py").write_text(text)
    config = DetectConfig()
    run_python("o.py", config)
    assert place_of(config.history["low"][-1], "o.py") == "o.py:6"
    assert place_of(config.history["threshold"][-1], "o.py") == "o.py:5"
    # Set by somebody else.
    config.low = 1.0
    assert place_of(config.history["low"][-1], "o.py") == "o.py"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"config.threshold = 1\nconfig.treshold = 2\n", r"o\.py:2: AttributeError"),
        (b"x = = 1\n", r"o\.py:1: SyntaxError"),
        (b"\n1 / 0\n", r"o\.py:2: ZeroDivisionError"),
        (b"config.threshold = -1.0\n", r"o\.py:1: FieldValidationError: Value -1\.0"),
        (b"import json\n\njson.loads('{')\n", r"o\.py:3: JSONDecodeError"),
        (b"raise SystemExit(3)", r"o\.py:1: SystemExit: 3; correct"),
        (b"\xff\xfe", r"o\.py: UnicodeDecodeError"),
    ],
)
def test_wrong_python_files_name_the_line(here, content, message):
    (here / "o.py").write_bytes(content)
    with pytest.raises(BadInputError, match=message) as caught:
        run_python("o.py", DetectConfig())
    assert "\n" not in str(caught.value)
