"""How each kind of network learns from galaxies of known truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import nn

from ...data.packages import MORPHOLOGY_COMPACT, MORPHOLOGY_GAMPEN, ModelPackage
from ...errors import BadInputError
from ..calibration import SeeingCalibration
from ..compact import CompactEstimator
from ..gampen.estimator import GampenEstimator
from ..gampen.inputs import network_images
from ..gampen.targets import MEASURED
from ..inputs import network_inputs
from ..posterior import Posterior, to_transformed
from .compact import make_package
from .fit import Batch
from .known_galaxies import KnownGalaxies

__all__ = ["CompactLearner", "GampenLearner", "Learner", "learner_of"]

#: Galaxies that a bin of S/N needs for a calibration of its own.
_PER_BIN = 500


class Learner(Protocol):
    """A trained network that can learn more."""

    #: Names of modules that each choice of frozen layers keeps.
    frozen: ClassVar[dict[str, tuple[str, ...]]]

    #: Side of its stamps [pixel].
    stamp_size: int

    #: The trained networks; more than one in an ensemble.
    networks: Sequence[nn.Module]

    def batch(self, known: KnownGalaxies) -> Batch:
        """Inputs and standardised targets."""

    def tuned(
        self, networks: Sequence[nn.Module], apart: KnownGalaxies, seen: KnownGalaxies
    ) -> Learner:
        """Put others in place, calibrated on the galaxies kept apart if they suffice."""

    def measure(self, known: KnownGalaxies) -> tuple[Posterior, np.ndarray]:
        """Posteriors and true values in the transformed space."""

    def package(self, meta: dict[str, Any], name: str, version: str) -> ModelPackage:
        """Make a model package, with ``training`` and ``test`` in its meta."""


@dataclass(frozen=True)
class CompactLearner:
    """See `Learner`."""

    estimator: CompactEstimator
    recalibrated: bool = False

    frozen: ClassVar[dict[str, tuple[str, ...]]] = {
        "none": (),
        "transformer": ("transformer",),
        "convolutions": ("transformer", "stem", "trunk"),
        "all_but_head": ("branches",),
    }

    @property
    def stamp_size(self) -> int:
        """Side of its stamps [pixel]."""
        return self.estimator.stamp_size

    @property
    def networks(self) -> Sequence[nn.Module]:
        """The trained networks."""
        return self.estimator.networks

    def batch(self, known: KnownGalaxies) -> Batch:
        """Inputs and standardised targets."""
        images, numbers, targets = [], [], to_transformed(known.truth)
        for stamps, rows in known.in_sets():
            inputs = network_inputs(
                torch.from_numpy(stamps.images),
                torch.from_numpy(stamps.usable),
                torch.from_numpy(stamps.psf_sigma),
                torch.from_numpy(stamps.noise_correlation),
                self.estimator.layout,
            )
            targets[rows, 1] -= np.log(stamps.psf_sigma)
            targets[rows, 2] -= inputs.log_flux.numpy()
            images.append(inputs.images)
            numbers.append(inputs.numbers)
        scaled = (targets - self.estimator.target_mean) / self.estimator.target_std
        return Batch(
            (torch.cat(images), torch.cat(numbers)), torch.from_numpy(scaled.astype(np.float32))
        )

    def tuned(
        self, networks: Sequence[nn.Module], apart: KnownGalaxies, seen: KnownGalaxies
    ) -> CompactLearner:
        """Put other networks in place."""
        old = self.estimator
        new = CompactEstimator(
            networks,
            old.target_mean,
            old.target_std,
            None,
            old.limits,
            old.device,
            # A refinement hardly looks at what it started from.
            old.prior,
            old.refined_calibration,
        )
        bins = len(apart) // _PER_BIN
        if bins:
            posterior, signal = _predict(new, apart)
            width = np.concatenate([stamps.psf_sigma for stamps in apart.stamps])
            new.calibration = SeeingCalibration.learn(
                posterior, to_transformed(apart.truth), signal, width, bins
            )
        else:
            new.calibration = old.calibration
        _, signal = _predict(new, seen)
        values = {
            "psf_sigma": np.concatenate([stamps.psf_sigma for stamps in seen.stamps]),
            "pixel_scale": np.array([stamps.pixel_scale for stamps in seen.stamps]),
            "signal_to_noise": signal,
        }
        for name, (low, high) in old.limits.items():
            new.limits[name] = (
                round(min(low, float(values[name].min())), 4),
                round(max(high, float(values[name].max())), 4),
            )
        return CompactLearner(new, bool(bins))

    def measure(self, known: KnownGalaxies) -> tuple[Posterior, np.ndarray]:
        """Posteriors and true values in the transformed space."""
        return _predict(self.estimator, known)[0], to_transformed(known.truth)

    def package(self, meta: dict[str, Any], name: str, version: str) -> ModelPackage:
        """Make a model package."""
        return make_package(self.estimator, meta["test"], meta["training"], name, version)


@dataclass(frozen=True)
class GampenLearner:
    """See `Learner`. It has no calibration: its dropout rate stands for one."""

    estimator: GampenEstimator
    recalibrated: bool = False

    frozen: ClassVar[dict[str, tuple[str, ...]]] = {
        "none": (),
        "transformer": ("localization", "fc_loc"),
        "convolutions": ("localization", "fc_loc", "features"),
        "all_but_head": ("localization", "fc_loc", "features"),
    }

    @property
    def stamp_size(self) -> int:
        """Side of its stamps [pixel]."""
        return self.estimator.stamp_size

    @property
    def networks(self) -> Sequence[nn.Module]:
        """The trained network, alone."""
        return (self.estimator.network,)

    def batch(self, known: KnownGalaxies) -> Batch:
        """Inputs and standardised targets."""
        settings = self.estimator.settings
        images = torch.from_numpy(self._counts(known))
        channels = self.estimator.network.architecture.channels
        columns = {
            name: column for name, column in zip(MEASURED, self._targets(known).T, strict=True)
        }
        missing = [t.name for t in settings.targets if t.name not in columns]
        if missing:
            raise BadInputError(
                f"the model predicts {', '.join(missing)} too, which the galaxies' table does not"
                " have; choose another start."
            )
        targets = np.stack([columns[target.name] for target in settings.targets], axis=1)
        scaled = (targets - settings.target_mean) / settings.target_std
        return Batch(
            (network_images(images).expand(-1, channels, -1, -1),),
            torch.from_numpy(scaled.astype(np.float32)),
        )

    def tuned(
        self, networks: Sequence[nn.Module], apart: KnownGalaxies, seen: KnownGalaxies
    ) -> GampenLearner:
        """Put another network in place, which knows the galaxies' pixels."""
        old = self.estimator
        scales = {stamps.pixel_scale for stamps in seen.stamps}
        if len(scales) > 1:
            raise BadInputError(
                f"galaxies: of pixel scales {', '.join(f'{s:g}' for s in sorted(scales))} arcsec;"
                " a gampen model knows one, so give sets of one survey."
            )
        settings = dataclasses.replace(old.settings, pixel_scale=scales.pop())
        return GampenLearner(
            GampenEstimator(networks[0], settings, old.device, old.passes, old.draws, old.seed)
        )

    def measure(self, known: KnownGalaxies) -> tuple[Posterior, np.ndarray]:
        """Posteriors and true values in the transformed space."""
        return self.estimator.posterior(self._counts(known)), self._targets(known)

    def package(self, meta: dict[str, Any], name: str, version: str) -> ModelPackage:
        """Make a model package."""
        return self.estimator.to_package(
            name, version, "GaMPEN, trained further on galaxies of known morphology", meta
        )

    def _counts(self, known: KnownGalaxies) -> np.ndarray:
        """Images in counts of the network's own zero point, (n, 1, size, size)."""
        count = known.nanojansky / self.estimator.settings.nanojansky_per_count
        images = np.concatenate([stamps.images for stamps in known.stamps])
        return (images * count[:, None, None]).astype(np.float32)[:, None]

    def _targets(self, known: KnownGalaxies) -> np.ndarray:
        """Logit B/T, ln Re [arcsec] and ln flux in the network's unit, (n, 3)."""
        settings = self.estimator.settings
        unit = settings.targets[settings.place("flux")].unit
        physical = known.truth.copy()
        for stamps, rows in known.in_sets():
            physical[rows, 1] *= stamps.pixel_scale
        physical[:, 2] *= known.nanojansky
        if unit == "count":
            physical[:, 2] /= settings.nanojansky_per_count
        return to_transformed(physical)


def learner_of(package: ModelPackage, device: torch.device) -> Learner:
    """Return the learner of a model package.

    Raises
    ------
    BadInputError
        If it is no package of a morphology network.
    """
    if package.kind == MORPHOLOGY_COMPACT:
        return CompactLearner(CompactEstimator.from_package(package, device))
    if package.kind == MORPHOLOGY_GAMPEN:
        return GampenLearner(GampenEstimator.from_package(package, device))
    raise BadInputError(
        f"{package.label}: a model package of kind {package.kind}, which no training goes on from;"
        f" give one of {MORPHOLOGY_COMPACT} or {MORPHOLOGY_GAMPEN}."
    )


def _predict(estimator: CompactEstimator, known: KnownGalaxies) -> tuple[Posterior, np.ndarray]:
    found = [estimator.predict(stamps) for stamps, _ in known.in_sets()]
    posterior = Posterior.concatenate([f.posterior for f in found])
    return posterior, np.concatenate([f.signal_to_noise for f in found])
