"""The Gaussian process on the principal components of several bands."""

from __future__ import annotations

from ...data.packages import BLEND_GP_PCA_BANDS, ModelPackage
from ...errors import BadInputError
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

    def to_package(self, name: str, version: str, description: str) -> ModelPackage:
        """Pack the classifier."""
        package = super().to_package(name, version, description)
        package.meta["bands"] = list(self.normalisation.bands)
        package.meta["maxima"] = [float(value) for value in self.normalisation.maxima]
        return package

    @classmethod
    def from_package(cls, package: ModelPackage) -> GpPcaBandsClassifier:
        """Unpack a classifier.

        Raises
        ------
        BadInputError
            If the package is of another kind or incomplete.
        """
        model = super().from_package(package)
        one = model.normalisation
        try:
            bands, maxima = package.meta["bands"], package.meta["maxima"]
        except KeyError as error:
            raise BadInputError(
                f"{package.name}: the model package lacks {error}; copy or train it anew."
            ) from error
        model.normalisation = BandNormalisation(one.size, one.pedestal, tuple(bands), tuple(maxima))
        return model
