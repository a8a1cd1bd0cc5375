"""The Gaussian process on the principal components of several bands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...data.packages import BLEND_GP_PCA_BANDS
from ..normalise_bands import BandNormalisation
from .gp_pca import GpPcaClassifier

__all__ = ["GpPcaBandsClassifier"]


class GpPcaBandsClassifier(GpPcaClassifier):
    """The Gaussian process of Buchanan et al. (2022) on concatenated embeddings.

    The slides' second option for several bands: each band is embedded by
    PCA by itself, and the embeddings are put one after the other. In all else
    it is `~meas_blends.blends.classifiers.gp_pca.GpPcaClassifier`, with
    components that see one band each.

    Parameters
    ----------
    normalisation : `~meas_blends.blends.normalise_bands.BandNormalisation`
        Of the cutouts in all bands.
    """

    kind = BLEND_GP_PCA_BANDS
    normalisation: BandNormalisation

    @property
    def others(self) -> tuple[str, ...]:
        """Bands that it looks at besides the reference."""
        return tuple(self.normalisation.bands)

    def own_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """As of one band, and the bands with the largest value of each."""
        meta, arrays = super().own_parts()
        bands = list(self.normalisation.bands)
        maxima = [float(value) for value in self.normalisation.maxima]
        return {**meta, "bands": bands, "maxima": maxima}, arrays

    @classmethod
    def from_parts(
        cls, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray], common: tuple[Any, ...]
    ) -> GpPcaBandsClassifier:
        """Build it from what `own_parts` gave."""
        one, *others = common
        normalisation = BandNormalisation(
            one.size, one.pedestal, tuple(meta["bands"]), tuple(meta["maxima"])
        )
        return super().from_parts(meta, arrays, (normalisation, *others))
