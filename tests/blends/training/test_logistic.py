"""Training of the logistic regressions."""

import numpy as np

from meas_blends.blends.detections import LabelledDetections
from meas_blends.blends.training.logistic import train_logistic


def test_the_penalty_shrinks_the_weights(toy_scenes):
    norms = [
        np.linalg.norm(
            train_logistic(*toy_scenes, np.random.default_rng(1), inverse_penalty=inverse).weights[
                0, :-1
            ]
        )
        for inverse in (1e-3, 1.0)
    ]
    assert norms[0] < 0.5 * norms[1]


def test_a_step_that_nothing_is_known_of_has_no_weights(toy_scenes):
    def at_most_two(scene):
        order = np.argsort(scene.owner, kind="stable")
        owner = scene.owner[order]
        kept = order[np.arange(len(owner)) - np.searchsorted(owner, owner) < 2]
        return LabelledDetections(scene.detections, scene.x[kept], scene.y[kept], scene.owner[kept])

    training, apart = ([at_most_two(scene) for scene in part] for part in toy_scenes)
    model = train_logistic(training, apart, np.random.default_rng(1))
    assert not model.weights[1:, :-1].any()
    counts = model.predict(apart[0].detections).counts
    assert counts[:, 2:].max() < 0.05
    np.testing.assert_allclose(counts.sum(axis=1), 1)
