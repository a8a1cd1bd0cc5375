"""Scores of the number of objects: confusion of 1, 2, 3, and 4 or more."""

from __future__ import annotations

import numpy as np

__all__ = ["MOST", "count_confusion", "macro_f1"]

#: The largest count that is told apart; it stands for all larger ones.
MOST = 4


def count_confusion(truth: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Count footprints by their true and their given number of objects.

    Parameters
    ----------
    truth, given : array-like of int, (n,)
        Numbers of objects, at least 1; `MOST` stands for more.

    Returns
    -------
    confusion : `numpy.ndarray` of int, (MOST, MOST)
        Row: true number less 1, column: given number less 1.
    """
    truth, given = (np.clip(np.asarray(number), 1, MOST) - 1 for number in (truth, given))
    return np.bincount(truth * MOST + given, minlength=MOST * MOST).reshape(MOST, MOST)


def macro_f1(confusion: np.ndarray) -> float:
    """Mean over the counts of the harmonic mean of recall and precision.

    Parameters
    ----------
    confusion : `numpy.ndarray`, (n, n)
        From `count_confusion`.

    Returns
    -------
    f1 : `float`
        Counts that neither occur nor are given are left out; NaN if none is
        left.
    """
    right = np.diag(confusion)
    occurrences = confusion.sum(axis=0) + confusion.sum(axis=1)
    used = occurrences > 0
    return float(np.mean(2.0 * right[used] / occurrences[used])) if used.any() else float("nan")
