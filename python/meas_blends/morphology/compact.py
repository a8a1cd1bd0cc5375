"""The trained compact network, ready to measure stamps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ..data.packages import ModelPackage
from ..errors import BadInputError
from .calibration import Calibration, WholeCalibration
from .gaussian import covariance
from .inputs import InputLayout, network_inputs
from .network import CompactNetwork
from .posterior import Posterior
from .refinement.priors import GalaxyPrior
from .weights import load_state, state_arrays

if TYPE_CHECKING:
    from .simulate import SimulatedStamps
    from .stamps import Stamps

__all__ = ["CompactEstimator", "Prediction", "choose_device"]

#: Stamps whose refined posteriors are calibrated apart.
_STAMPS = ("whole", "lacking")

#: Bounds on what the network may say of stamps unlike those that it knows:
#: standardised means and logs of D, and sigmas in the transformed space.
_MEAN_LIMIT, _LOG_LIMIT, _SIGMA_LIMIT = 10.0, 10.0, 5.0


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
    """Posteriors from one pass of a compact network.

    Parameters
    ----------
    network : `~meas_blends.morphology.network.CompactNetwork`
        In the standardised target space.
    target_mean, target_std : array-like, (3,)
        Of logit B/T, ln(radius / PSF sigma), ln(flux / aperture flux) in the
        training set (Ghosh et al. 2022, Eq. 16).
    calibration : `~meas_blends.morphology.calibration.Calibration`, optional
        The network's own Gaussian stands if not given.
    limits : `dict`, optional
        Lowest and highest ``psf_sigma`` [pixel], ``pixel_scale`` [arcsec] and
        aperture ``signal_to_noise`` of the training set.
    device : `torch.device`, optional
        Where the network runs.
    prior : `~meas_blends.morphology.refinement.priors.GalaxyPrior`, optional
        Of the galaxies of the training set, for a refinement; one that suits
        the stamps' size if not given.
    refined_calibration : `~meas_blends.morphology.calibration.WholeCalibration`, optional
        Of refined posteriors; they stand as they are if not given.
    """

    def __init__(
        self,
        network: CompactNetwork,
        target_mean: np.ndarray,
        target_std: np.ndarray,
        calibration: Calibration | None = None,
        limits: Mapping[str, tuple[float, float]] | None = None,
        device: torch.device | str = "cpu",
        prior: GalaxyPrior | None = None,
        refined_calibration: WholeCalibration | None = None,
    ) -> None:
        self.device = torch.device(device)
        self.network = network.to(self.device).eval()
        self.target_mean = np.asarray(target_mean, float)
        self.target_std = np.asarray(target_std, float)
        self.calibration = calibration
        self.limits = dict(limits or {})
        self.prior = prior or GalaxyPrior.for_stamps(network.layout.stamp_size)
        self.refined_calibration = refined_calibration

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
            network = CompactNetwork(layout, tuple(architecture["widths"]))
            load_state(network, arrays)
            refined = package.meta.get("refinement")
            return cls(
                network,
                arrays["target_mean"],
                arrays["target_std"],
                _calibration(arrays, "calibration"),
                {name: tuple(ends) for name, ends in package.meta["limits"].items()},
                device,
                GalaxyPrior.from_meta(refined["prior"]) if refined else None,
                WholeCalibration(
                    *(_calibration(arrays, f"refined_calibration.{name}") for name in _STAMPS)
                )
                if "refined_calibration.whole.quantiles" in arrays
                else None,
            )
        except (KeyError, TypeError, AttributeError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise BadInputError(
                f"{package.label}: its arrays do not make a network ({reason});"
                " train the package anew."
            ) from error

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Arrays of a model package; it must have been calibrated."""
        arrays = {
            **state_arrays(self.network),
            "target_mean": self.target_mean,
            "target_std": self.target_std,
        }
        calibrations = {"calibration": self.calibration}
        if self.refined_calibration is not None:
            for name in _STAMPS:
                part = getattr(self.refined_calibration, name)
                calibrations[f"refined_calibration.{name}"] = part
        for name, calibration in calibrations.items():
            arrays[f"{name}.log_signal"] = calibration.log_signal
            arrays[f"{name}.quantiles"] = calibration.quantiles
        return arrays

    @property
    def architecture(self) -> dict[str, Any]:
        """What a package must say of the network, as plain numbers."""
        layout = self.network.layout
        return {
            "stamp_size": layout.stamp_size,
            "views": list(layout.views),
            "view_size": layout.view_size,
            "apertures": list(layout.apertures),
            "widths": list(self.network.widths),
            "n_parameters": sum(p.numel() for p in self.network.parameters()),
        }

    @property
    def stamp_size(self) -> int:
        """Side of the stamps that it takes [pixel]."""
        return self.network.layout.stamp_size

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
        outputs, offset, signal = np.zeros((n, 9)), np.zeros((n, 3)), np.zeros(n)
        for start in range(0, n, batch_size):
            rows = slice(start, start + batch_size)
            outputs[rows], offset[rows], signal[rows] = self._pass(stamps, rows)
        posterior = self._posterior(outputs, offset)
        if self.calibration is not None:
            posterior = self.calibration.apply(posterior, signal)
        return Prediction(posterior, signal)

    def _pass(
        self, stamps: Stamps | SimulatedStamps, rows: slice
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Outputs (m, 9), offsets of the targets (m, 3) and S/N (m,) of one batch."""
        with torch.inference_mode():
            psf_sigma = torch.as_tensor(stamps.psf_sigma[rows], device=self.device)
            inputs = network_inputs(
                torch.as_tensor(stamps.images[rows], device=self.device),
                torch.as_tensor(stamps.usable[rows], device=self.device),
                psf_sigma,
                torch.as_tensor(stamps.noise_correlation[rows], device=self.device),
                self.network.layout,
            )
            outputs = self.network(inputs.images, inputs.numbers)
            offset = torch.stack(
                [torch.zeros_like(psf_sigma), torch.log(psf_sigma), inputs.log_flux], dim=1
            )
        return outputs.cpu().numpy(), offset.cpu().numpy(), inputs.signal_to_noise.cpu().numpy()

    def _posterior(self, outputs: np.ndarray, offset: np.ndarray) -> Posterior:
        """Undo the scaling of the targets (Ghosh et al. 2022, Eqs. 9-11, 16)."""
        outputs = outputs.copy()
        outputs[:, :3] = np.clip(outputs[:, :3], -_MEAN_LIMIT, _MEAN_LIMIT)
        outputs[:, 3:6] = np.clip(outputs[:, 3:6], -2 * _LOG_LIMIT, _LOG_LIMIT)
        mean = outputs[:, :3] * self.target_std + self.target_mean + offset
        matrices = covariance(torch.from_numpy(outputs)).numpy()
        sigma = self.target_std * np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
        scale = self.target_std * np.minimum(1.0, _SIGMA_LIMIT / sigma)
        return Posterior.gaussian(mean, matrices * scale[:, :, None] * scale[:, None, :])

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


def _calibration(arrays: Mapping[str, np.ndarray], name: str) -> Calibration:
    return Calibration(arrays[f"{name}.log_signal"], arrays[f"{name}.quantiles"])
