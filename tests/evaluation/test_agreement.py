"""Confidence and agreement of finders."""

import numpy as np
import pytest

from meas_blends.data.outcome_tables import OUTCOMES
from meas_blends.evaluation.agreement import (
    agreement_table,
    called_right,
    confidence,
    confidence_table,
)
from outcome_toys import make_outcomes, stack

GOOD = make_outcomes([1, 1, 2, 2], [1, 1, 2, 1], np.array([0.1, 0.3, 0.9, 0.4]), "good")
SILENT = make_outcomes([1, 1, 2, 2], [2, 1, 1, 1], finder="silent")


def test_confidence_is_that_of_the_call():
    np.testing.assert_allclose(confidence(GOOD), [0.9, 0.7, 0.9, 0.6], rtol=1e-6)
    assert called_right(GOOD).tolist() == [True, True, True, False]


def test_confidence_table():
    table = confidence_table(stack(OUTCOMES, [GOOD, SILENT]), n_bins=5)
    assert set(table["peakFinder"]) == {"good"}
    right = table[table["right"]]
    assert right["nFootprints"].tolist() == [0, 0, 0, 1, 2]
    assert table[~table["right"]]["nFootprints"].sum() == 1
    assert len(confidence_table(SILENT)) == 0


def test_agreement():
    row = agreement_table(stack(OUTCOMES, [GOOD, SILENT]))[0]
    assert (row["firstFinder"], row["secondFinder"], row["nFootprints"]) == ("good", "silent", 4)
    shares = [row[name] for name in ("bothRight", "firstRight", "secondRight", "bothWrong")]
    assert shares == pytest.approx([0.25, 0.5, 0.0, 0.25])
    assert len(agreement_table(GOOD)) == 0
