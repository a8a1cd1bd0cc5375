import pytest

from meas_blends.errors import BadInputError
from meas_blends.run.shipped import describe_pipeline, pipeline_uri, shipped_pipelines


def test_shipped_pipelines_have_a_description():
    shipped = shipped_pipelines()
    assert {"blends", "detect", "train", "evaluate"} <= set(shipped)
    assert all(describe_pipeline(path) for path in shipped.values())


def test_names_paths_and_uris(tmp_path, monkeypatch):
    uri = "resource://meas_blends/config/pipelines/blends.yaml#find"
    assert pipeline_uri("blends#find") == uri
    assert pipeline_uri(uri) == uri
    path = tmp_path / "own.yaml"
    path.write_text("description: mine\n")
    assert pipeline_uri(f"{path}#a,b") == f"{path}#a,b"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BadInputError, match=r"magic: no such pipeline.*blends, .*detect"):
        pipeline_uri("magic")
