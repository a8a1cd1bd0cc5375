"""A tiny GaMPEN for the tests, and what its settings file holds."""

from __future__ import annotations

import torch

from meas_blends.morphology.gampen.network import GampenArchitecture, GampenNetwork

SIZE = 40

#: As deep as the real one, and 10,000 times smaller.
TINY = GampenArchitecture(
    cutout_size=SIZE,
    localisation=(3, 4),
    blocks=((4, 4), (6, 6), (6, 6, 6), (8, 8, 8), (8, 8, 8)),
    hidden=(12, 10),
)

SETTINGS = {
    "cutout_size": SIZE,
    "pixel_scale": 0.168,
    "zero_point": 27.0,
    "bands": ["g"],
    "dropout_rate": 0.02,
    "targets": [
        {"name": "bulge_to_total", "transform": "logit", "mean": -0.4, "std": 1.5},
        {
            "name": "half_light_radius",
            "transform": "log",
            "mean": 0.2,
            "std": 0.4,
            "unit": "arcsec",
        },
        {"name": "flux", "transform": "log", "mean": 7.0, "std": 1.2, "unit": "count"},
    ],
    "bulge_epsilon": 0.01,
    "magnitude_slope": -2.512,
}


def tiny_network(
    architecture: GampenArchitecture = TINY, dropout_rate: float = 0.02, seed: int = 5
) -> GampenNetwork:
    """A network that answers differently to every image, and zooms by different scales."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = GampenNetwork(architecture, dropout_rate)
        torch.nn.init.normal_(network.fc_loc[2].weight, std=0.3)
        torch.nn.init.constant_(network.fc_loc[2].bias, 0.7)
        # torch's own start lets signals fade over so many layers.
        for layer in [*network.vgg.features, *network.vgg.classifier]:
            if hasattr(layer, "weight"):
                torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        torch.nn.init.normal_(network.vgg.classifier[-1].weight, std=0.1)
    return network.eval()


def galaxies(n: int, size: int = SIZE, bands: int = 1, seed: int = 3) -> torch.Tensor:
    """Noisy round galaxies of different sizes and fluxes, in arsinh of counts."""
    generator = torch.Generator().manual_seed(seed)
    offset = torch.arange(size) - size // 2
    square = (offset[:, None] ** 2 + offset**2).float()
    radius = 1.5 + 6 * torch.rand(n, bands, 1, 1, generator=generator)
    height = 2 + 200 * torch.rand(n, bands, 1, 1, generator=generator)
    light = height * torch.exp(-torch.sqrt(square) / radius)
    return torch.asinh(light + torch.randn(light.shape, generator=generator))
