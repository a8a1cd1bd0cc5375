"""GaMPEN, trained or imported, ready to measure stamps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.special import logit

from ...data.packages import MORPHOLOGY_GAMPEN, ModelPackage
from ...errors import BadInputError
from ..mixture import GaussianMixture, posterior_of_draws
from ..posterior import Posterior
from .inputs import network_images
from .network import GampenNetwork
from .passes import evaluate, monte_carlo
from .settings import GampenSettings
from .targets import MEASURED
from .weights import check_shapes, load_network

if TYPE_CHECKING:
    from ..stamps import Stamps

__all__ = ["GampenEstimator", "GampenPrediction"]

#: Names of the weights in a package.
_PREFIX = "network."

#: Steps of the mean arsinh between images that get dropouts of their own.
_KEYS = 1e4

#: What a galaxy's random numbers are for.
_DROPOUT, _DRAWS = 0, 1

#: Pixel scales this near to the training's are the same.
_SAME_SCALE = 0.01


@dataclass(frozen=True)
class GampenPrediction:
    """What `GampenEstimator.predict` returns.

    Parameters
    ----------
    posterior : `~meas_blends.morphology.posterior.Posterior`
        Radius in pixels, flux in units of the stamps' ``sigma``.
    crop_scale : `numpy.ndarray`, (n,)
        Share of each side of the stamps that the network looked at.
    """

    posterior: Posterior
    crop_scale: np.ndarray


class GampenEstimator:
    """Posteriors from Monte Carlo dropout through GaMPEN (Ghosh et al. 2022).

    Parameters
    ----------
    network : `~meas_blends.morphology.gampen.network.GampenNetwork`
    settings : `~meas_blends.morphology.gampen.settings.GampenSettings`
    device : `torch.device`, optional
        Where the network runs.
    passes : `int`, optional
        Passes with dropout; 0 for a single one without.
    draws : `int`, optional
        From the Gaussian of each pass. 0 takes the mixture of the Gaussians
        itself, the limit of many draws.
    seed : `int`, optional
        Of dropouts and draws. With one seed the same image has the same
        posterior, whatever is measured beside it.
    public_pipeline : `bool`, optional
        Give the numbers of the public pipeline, with its quirks: its arsinh,
        its slope of magnitudes, and B/T snapped to 0 and 1 within
        ``bulge_epsilon`` of them.
    """

    def __init__(
        self,
        network: GampenNetwork,
        settings: GampenSettings,
        device: torch.device | str = "cpu",
        passes: int = 20,
        draws: int = 0,
        seed: int = 0,
        public_pipeline: bool = False,
    ) -> None:
        self.device = torch.device(device)
        self.network = network.to(self.device).eval()
        self.settings = settings
        self.passes = passes
        self.draws = draws
        self.seed = seed
        self.public_pipeline = public_pipeline

    @classmethod
    def from_package(
        cls, package: ModelPackage, device: torch.device | str = "cpu", **options: Any
    ) -> GampenEstimator:
        """Load a model package of kind ``morphology_gampen``.

        Parameters
        ----------
        package : `~meas_blends.data.packages.ModelPackage`
        device : `torch.device`, optional
            Where the network runs.
        **options
            As the class takes them.

        Raises
        ------
        BadInputError
            If its arrays do not make the network that its settings describe.
        """
        settings = GampenSettings.from_meta(package.meta.get("settings"), package.label)
        state = {
            name.removeprefix(_PREFIX): torch.from_numpy(array)
            for name, array in package.arrays.items()
        }
        network = load_network(state, settings.cutout_size, settings.dropout_rate, package.label)
        check_shapes(network, settings, package.label)
        return cls(network, settings, device, **options)

    def to_package(
        self, name: str, version: str, description: str, meta: dict[str, Any]
    ) -> ModelPackage:
        """Put network and settings into a model package; it shares the memory of the weights.

        Parameters
        ----------
        name, version, description : `str`
            Of the package.
        meta : `dict`
            What else is to be known of it, of YAML types.
        """
        arrays = {
            f"{_PREFIX}{key}": tensor.detach().cpu().numpy()
            for key, tensor in self.network.state_dict().items()
        }
        meta = {"settings": self.settings.as_meta(), **meta}
        return ModelPackage(MORPHOLOGY_GAMPEN, name, version, description, meta, arrays)

    @property
    def stamp_size(self) -> int:
        """Side of the stamps that it takes [pixel]."""
        return self.settings.cutout_size

    def mixture(
        self, counts: np.ndarray, batch_size: int = 8
    ) -> tuple[GaussianMixture, np.ndarray]:
        """Pass images through the network.

        Parameters
        ----------
        counts : `numpy.ndarray` of float32, (n, bands, size, size)
            In counts of the network's own zero point.
        batch_size : `int`, optional
            Images that pass at once; bounds the memory.

        Returns
        -------
        mixture : `~meas_blends.morphology.mixture.GaussianMixture`
            Of the transformed targets, a Gaussian a pass.
        scale : `numpy.ndarray`, (n,)
            Share of each side of the image that the network looks at.
        """
        n_outputs = self.network.vgg.classifier[-1].out_features
        outputs = torch.zeros(max(self.passes, 1), len(counts), n_outputs)
        scale = torch.zeros(len(counts))
        for start in range(0, len(counts), batch_size):
            rows = slice(start, start + batch_size)
            given = torch.from_numpy(counts[rows]).to(self.device)
            images = network_images(given, self.public_pipeline)
            if self.passes == 0:
                outputs[0, rows], scale[rows] = evaluate(self.network, images)
            else:
                generators = self._generators(counts[rows], _DROPOUT)
                outputs[:, rows], scale[rows] = monte_carlo(
                    self.network, images, self.passes, generators
                )
        mixture = GaussianMixture.of_outputs(
            outputs, self.settings.target_mean, self.settings.target_std
        )
        return mixture, scale.numpy()

    def posterior(self, counts: np.ndarray, batch_size: int = 8) -> Posterior:
        """Measure images.

        Parameters
        ----------
        counts, batch_size
            As for `mixture`.

        Returns
        -------
        posterior : `~meas_blends.morphology.posterior.Posterior`
            Of logit B/T, ln Re [arcsec] and ln flux [count] or [nJy], as the
            settings say.
        """
        return self._posterior(self.mixture(counts, batch_size)[0], counts)

    def _posterior(self, mixture: GaussianMixture, counts: np.ndarray) -> Posterior:
        """Posterior of B/T, radius and flux."""
        settings = self.settings
        mixture = mixture.select(self._measured())
        if self.public_pipeline and settings.targets[settings.place("flux")].unit == "count":
            # So that -2.5 log10(flux) is the magnitude that the pipeline gives.
            mixture = mixture.stretch(MEASURED.index("flux"), -settings.magnitude_slope / 2.5)
        if self.draws == 0:
            posterior = mixture.posterior()
        else:
            drawn = mixture.draw(self.draws, self._generators(counts, _DRAWS))
            posterior = posterior_of_draws(drawn)
        if self.public_pipeline:
            share = posterior.quantiles[:, MEASURED.index("bulge_to_total")]
            limit = -logit(settings.bulge_epsilon)
            share[np.abs(share) >= limit] *= np.inf
        return posterior

    def predict(self, stamps: Stamps, batch_size: int = 8) -> GampenPrediction:
        """Measure stamps.

        Their counts are brought to the zero point that the network was
        trained at; where their own is unknown, they are taken as they are.

        Parameters
        ----------
        stamps : `~meas_blends.morphology.stamps.Stamps`
            ``n`` stamps of side `stamp_size`.
        batch_size : `int`, optional
            Stamps that pass at once; bounds the memory.

        Returns
        -------
        prediction : `GampenPrediction`

        Raises
        ------
        BadInputError
            If the network wants several bands, or does not predict B/T,
            radius and flux.
        """
        settings = self.settings
        if len(settings.bands) > 1:
            raise BadInputError(
                f"the model takes images in {', '.join(settings.bands)} at once, and stamps are of"
                " one band; choose a model of one band."
            )
        nanojansky = stamps.nanojansky_per_count
        gain = nanojansky / settings.nanojansky_per_count if np.isfinite(nanojansky) else 1.0
        sigma = np.asarray(stamps.sigma * gain, np.float32)
        counts = stamps.images * sigma[:, None, None]
        mixture, scale = self.mixture(counts[:, None], batch_size)
        posterior = self._posterior(mixture, counts[:, None])
        unit = settings.targets[settings.place("flux")].unit
        per_count = settings.nanojansky_per_count if unit == "nJy" else 1.0
        shift = np.zeros((len(counts), len(MEASURED)))
        shift[:, 1] = -np.log(settings.pixel_scale)
        shift[:, 2] = -np.log(per_count * stamps.sigma * gain)
        return GampenPrediction(posterior.shifted(shift), scale)

    def outside_training(self, stamps: Stamps) -> np.ndarray:
        """Which stamps are not what the network was trained on, (n,) of `bool`.

        Those of another pixel scale, or of an unknown zero point.
        """
        # An unknown pixel scale is not judged.
        other = abs(stamps.pixel_scale / self.settings.pixel_scale - 1.0) > _SAME_SCALE
        return np.full(len(stamps), other or not np.isfinite(stamps.nanojansky_per_count))

    def _measured(self) -> list[int]:
        """Places of B/T, radius and flux among the targets."""
        places = [self.settings.place(name) for name in MEASURED]
        missing = [name for name, place in zip(MEASURED, places, strict=True) if place < 0]
        if missing:
            raise BadInputError(
                f"the model does not predict {', '.join(missing)}; choose one that predicts"
                f" {', '.join(MEASURED)}."
            )
        return places

    def _generators(self, counts: np.ndarray, purpose: int) -> list[np.random.Generator]:
        """One a galaxy, that depends on its pixels alone, and not on their last digits."""
        brightness = np.arcsinh(counts, dtype=np.float64).mean(axis=(1, 2, 3))
        keys = np.abs(np.rint(_KEYS * np.nan_to_num(brightness))).astype(int)
        return [np.random.default_rng([self.seed, purpose, key]) for key in keys]
