"""GaMPEN whole (Ghosh et al. 2022, ApJ 935, 138): network, Monte Carlo dropout, its weights."""
