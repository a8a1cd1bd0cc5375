"""Counts of objects for classifiers that only tell blended from unblended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["CountTable"]


@dataclass(frozen=True)
class CountTable:
    """How many objects a blend holds, by its number of local maxima.

    Parameters
    ----------
    given_blended : `numpy.ndarray`, (4, 3)
        P(2, 3, 4 or more objects | blended, number of maxima), rows for 1,
        2, 3, 4 or more maxima.
    """

    given_blended: np.ndarray

    @classmethod
    def learn(cls, n_objects: np.ndarray, n_maxima: np.ndarray) -> CountTable:
        """Count training footprints, one more in each cell.

        Parameters
        ----------
        n_objects, n_maxima : `numpy.ndarray` of int, (n,)
            True objects and local maxima of each.
        """
        blended = n_objects > 1
        table = np.ones((4, 3))
        maxima = np.clip(n_maxima[blended], 1, 4) - 1
        np.add.at(table, (maxima, np.clip(n_objects[blended], 2, 4) - 2), 1)
        return cls(table / table.sum(axis=1, keepdims=True))

    def counts(self, blend_probability: np.ndarray, n_maxima: np.ndarray) -> np.ndarray:
        """Probabilities of 1, 2, 3 and 4 or more objects.

        Parameters
        ----------
        blend_probability : `numpy.ndarray`, (n,)
        n_maxima : `numpy.ndarray` of int, (n,)
            At least 1.

        Returns
        -------
        counts : `numpy.ndarray`, (n, 4)
            Rows sum to 1.
        """
        given_blended = self.given_blended[np.clip(n_maxima, 1, 4) - 1]
        return np.column_stack([1 - blend_probability, blend_probability[:, None] * given_blended])
