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


def test_python_files_as_pipetask_takes_them(tmp_path):
    path = tmp_path / "o.py"
    path.write_text("import math\n\nconfig.threshold = 2 * math.pi\nconfig.trouble.on = 'x'\n")
    config = DetectConfig()
    origins = apply(config, file_override(f"detect:{path}"))
    assert config.threshold == pytest.approx(6.2832, abs=1e-4)
    assert origins["threshold"] == f"{path}:3"
    assert origins["trouble.on"] == f"{path}:4"
    assert origins["low"] == "default"


def test_a_file_must_be_python_or_yaml_by_its_name(tmp_path):
    # YAML read as Python would be an annotation, and change nothing.
    (tmp_path / "settings.txt").write_text("threshold: 4\n")
    with pytest.raises(BadInputError, match=r"ends in \.py or \.yaml"):
        file_override(f"detect:{tmp_path}/settings.txt")
