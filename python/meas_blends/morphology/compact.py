"""The trained compact network, ready to measure stamps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..data.packages import ModelPackage
from ..errors import BadInputError
from .calibration import Calibration, SeeingCalibration
from .inputs import InputLayout, network_inputs
from .mixture import GaussianMixture
from .network import N_OUTPUTS, CompactNetwork
from .posterior import NORMAL_QUANTILES, Posterior
from .refinement.misfit import MisfitMap
from .refinement.priors import GalaxyPrior
from .weights import load_state, state_arrays

if TYPE_CHECKING:
    from .simulate import SimulatedStamps
    from .stamps import Stamps

__all__ = ["CompactEstimator", "Prediction", "choose_device"]


def choose_device(name: str) -> torch.device:
    """Turn ``auto`` into a GPU if there is one, else the CPU; other names pass.

    Raises
    ------
    BadInputError
        If there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise BadInputError(
            f"device: {name!r} cannot be used ({str(error).splitlines()[0]});"
            " give auto, cpu or cuda."
        ) from error
    return device


@dataclass(frozen=True)
class Prediction:
    """What `CompactEstimator.predict` returns.

    Parameters
    ----------
    posterior : `~meas_blends.morphology.posterior.Posterior`
        Radius in pixels, flux in units of the background sigma.
    signal_to_noise : `numpy.ndarray`, (n,)
        Of the flux in the aperture; may be negative.
    """

    posterior: Posterior
    signal_to_noise: np.ndarray


class CompactEstimator:
    """Posteriors from one pass of a compact network, or of each of a small ensemble.

    Parameters
    ----------
    networks : sequence of `~meas_blends.morphology.network.CompactNetwork`
        In the standardised target space, all of one layout; the posterior is
        the equal mixture of their Gaussians. Most often there is one.
    target_mean, target_std : array-like, (3,)
        Of logit B/T, ln(radius / PSF sigma), ln(flux / aperture flux) in the
        training set (Ghosh et al. 2022, Eq. 16).
    calibration : `~meas_blends.morphology.calibration.SeeingCalibration`, optional
        What the networks say stands if not given.
    limits : `dict`, optional
        Lowest and highest ``psf_sigma`` [pixel], ``pixel_scale`` [arcsec] and
        aperture ``signal_to_noise`` of the training set.
    device : `torch.device`, optional
        Where the networks run.
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`, optional
        Of the galaxies of the training set, for a refinement; one that suits
        the stamps' size if not given.
    refined_calibration : `~meas_blends.morphology.calibration.Calibration`, optional
        Of refined posteriors; they stand as they are if not given.
    misfit : `~meas_blends.morphology.refinement.misfit.MisfitMap`, optional
        What refined posteriors of galaxies that are no bulge and disk are
        off by; none are widened if not given.
    """

    def __init__(
        self,
        networks: Sequence[CompactNetwork],
        target_mean: np.ndarray,
        target_std: np.ndarray,
        calibration: SeeingCalibration | None = None,
        limits: Mapping[str, tuple[float, float]] | None = None,
        device: torch.device | str = "cpu",
        prior: GalaxyPrior | None = None,
        refined_calibration: Calibration | None = None,
        misfit: MisfitMap | None = None,
    ) -> None:
        self.device = torch.device(device)
        self.networks = tuple(network.to(self.device).eval() for network in networks)
        self.target_mean = np.asarray(target_mean, float)
        self.target_std = np.asarray(target_std, float)
        self.calibration = calibration
        self.limits = dict(limits or {})
        self.prior = prior or GalaxyPrior.for_stamps(self.stamp_size)
        self.refined_calibration = refined_calibration
        self.misfit = misfit

    @classmethod
    def from_package(
        cls, package: ModelPackage, device: torch.device | str = "cpu"
    ) -> CompactEstimator:
        """Load a model package of kind ``morphology_compact``.

        Raises
        ------
        BadInputError
            If its arrays do not make the network that it describes.
        """
        arrays = package.arrays
        try:
            architecture = package.meta["architecture"]
            layout = InputLayout(
                architecture["stamp_size"],
                tuple(architecture["views"]),
                architecture["view_size"],
                tuple(architecture["apertures"]),
            )
            networks = []
            for name in _member_names(architecture.get("members", 1)):
                networks.append(CompactNetwork(layout, tuple(architecture["widths"])))
                load_state(networks[-1], arrays, name)
            refined = package.meta.get("refinement")
            return cls(
                networks,
                arrays["target_mean"],
                arrays["target_std"],
                SeeingCalibration(
                    _calibration(arrays, "calibration"),
                    _calibration(arrays, "seeing_calibration", "log_width")
                    if "seeing_calibration.quantiles" in arrays
                    else None,
                ),
                {name: tuple(ends) for name, ends in package.meta["limits"].items()},
                device,
                GalaxyPrior.from_meta(refined["prior"]) if refined else None,
                _calibration(arrays, "refined_calibration")
                if "refined_calibration.quantiles" in arrays
                else None,
                MisfitMap.from_arrays(arrays, "misfit") if "misfit.mean" in arrays else None,
            )
        except (KeyError, TypeError, AttributeError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise BadInputError(
                f"{package.label}: its arrays do not make a network ({reason});"
                " train the package anew."
            ) from error

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays of a model package; it must have been calibrated."""
        arrays = {}
        names = _member_names(len(self.networks))
        for name, network in zip(names, self.networks, strict=True):
            arrays |= state_arrays(network, name)
        arrays |= {"target_mean": self.target_mean, "target_std": self.target_std}
        calibrations = {"calibration": self.calibration.signal}
        if self.refined_calibration is not None:
            calibrations["refined_calibration"] = self.refined_calibration
        for name, calibration in calibrations.items():
            arrays[f"{name}.log_signal"] = calibration.log_value
            arrays[f"{name}.quantiles"] = calibration.quantiles
        if self.calibration.seeing is not None:
            arrays["seeing_calibration.log_width"] = self.calibration.seeing.log_value
            arrays["seeing_calibration.quantiles"] = self.calibration.seeing.quantiles
        if self.misfit is not None:
            arrays |= self.misfit.to_arrays("misfit")
        return arrays

    @property
    def architecture(self) -> dict[str, Any]:
        """What a package must say of the networks, as plain numbers."""
        layout = self.layout
        return {
            "stamp_size": layout.stamp_size,
            "views": list(layout.views),
            "view_size": layout.view_size,
            "apertures": list(layout.apertures),
            "widths": list(self.networks[0].widths),
            "members": len(self.networks),
            "n_parameters": sum(
                p.numel() for network in self.networks for p in network.parameters()
            ),
        }

    @property
    def layout(self) -> InputLayout:
        """What the networks are given."""
        return self.networks[0].layout

    @property
    def stamp_size(self) -> int:
        """Side of the stamps that it takes [pixel]."""
        return self.layout.stamp_size

    def predict(self, stamps: Stamps | SimulatedStamps, batch_size: int = 256) -> Prediction:
        """Measure stamps.

        Parameters
        ----------
        stamps : `Stamps` or `SimulatedStamps`
            ``n`` stamps of side `stamp_size`.
        batch_size : `int`, optional
            Stamps that pass at once; bounds the memory.

        Returns
        -------
        prediction : `Prediction`
        """
        n = len(stamps.images)
        outputs = np.zeros((len(self.networks), n, N_OUTPUTS))
        offset, signal = np.zeros((n, 3)), np.zeros(n)
        for start in range(0, n, batch_size):
            rows = slice(start, start + batch_size)
            outputs[:, rows], offset[rows], signal[rows] = self._pass(stamps, rows)
        mixture = GaussianMixture.of_outputs(
            torch.from_numpy(outputs), self.target_mean, self.target_std
        )
        posterior = mixture.shift(offset).posterior()
        if self.calibration is not None:
            width = torch.as_tensor(stamps.psf_sigma).cpu().numpy()
            posterior = self.calibration.apply(posterior, signal, width)
        return Prediction(posterior, signal)

    def _pass(
        self, stamps: Stamps | SimulatedStamps, rows: slice
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Outputs (members, m, 9), offsets (m, 3) of the targets and S/N (m,) of one batch."""
        with torch.inference_mode():
            psf_sigma = torch.as_tensor(stamps.psf_sigma[rows], device=self.device)
            inputs = network_inputs(
                torch.as_tensor(stamps.images[rows], device=self.device),
                torch.as_tensor(stamps.usable[rows], device=self.device),
                psf_sigma,
                torch.as_tensor(stamps.noise_correlation[rows], device=self.device),
                self.layout,
            )
            outputs = torch.stack(
                [network(inputs.images, inputs.numbers) for network in self.networks]
            )
            offset = torch.stack(
                [torch.zeros_like(psf_sigma), torch.log(psf_sigma), inputs.log_flux], dim=1
            )
        return outputs.cpu().numpy(), offset.cpu().numpy(), inputs.signal_to_noise.cpu().numpy()

    def outside_training(
        self, psf_sigma: np.ndarray, pixel_scale: np.ndarray, signal_to_noise: np.ndarray
    ) -> np.ndarray:
        """Which stamps are unlike those that the network was trained on.

        Parameters
        ----------
        psf_sigma, pixel_scale, signal_to_noise : `numpy.ndarray`, (n,)
            [pixel], [arcsec] and in the aperture. What is NaN is not judged.

        Returns
        -------
        outside : `numpy.ndarray` of `bool`, (n,)
        """
        values = {
            "psf_sigma": psf_sigma,
            "pixel_scale": pixel_scale,
            "signal_to_noise": signal_to_noise,
        }
        outside = np.zeros(len(signal_to_noise), bool)
        for name, (low, high) in self.limits.items():
            outside |= (values[name] < low) | (values[name] > high)
        return outside


def _member_names(members: int) -> Iterator[str]:
    """What the weights of each network are called: those of one alone have no number."""
    if members < 1:
        raise KeyError("members")
    # One by one: a damaged package may speak of very many.
    yield from ["network"] if members == 1 else (f"network_{k}" for k in range(members))


def _calibration(
    arrays: Mapping[str, np.ndarray], name: str, value: str = "log_signal"
) -> Calibration:
    middles, quantiles = arrays[f"{name}.{value}"], arrays[f"{name}.quantiles"]
    if middles.ndim != 1 or quantiles.shape != (len(middles) or 1, 3, len(NORMAL_QUANTILES)):
        raise TypeError(f"{name}: shapes {middles.shape} and {quantiles.shape}")
    return Calibration(middles, quantiles)
