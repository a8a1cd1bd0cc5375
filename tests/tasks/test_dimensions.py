import lsst.pipe.base.connectionTypes as ct
from lsst.pipe.base import PipelineTaskConfig, PipelineTaskConnections

from meas_blends.tasks.dimensions import IMAGE, PATCH, drop_band


class Connections(PipelineTaskConnections, dimensions=("skymap",)):
    spans = ct.Input(
        doc="s", name="a_spans", storageClass="ArrowAstropy", dimensions=IMAGE, multiple=True
    )
    labels = ct.Input(
        doc="l", name="a_labels", storageClass="ArrowAstropy", dimensions=IMAGE, multiple=True
    )

    def __init__(self, *, config=None):
        super().__init__(config=config)
        drop_band(self, "spans")


class Config(PipelineTaskConfig, pipelineConnections=Connections):
    """Configuration of nothing."""


def test_named_connections_lose_their_band():
    config = Config()
    config.connections.spans = "merged_spans"
    connections = Connections(config=config)
    assert set(connections.spans.dimensions) == set(PATCH)
    assert connections.spans.name == "merged_spans"
    assert connections.spans.multiple
    assert set(connections.labels.dimensions) == set(IMAGE)
