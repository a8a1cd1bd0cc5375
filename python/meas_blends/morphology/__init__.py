"""From peaks to posteriors of bulge fraction, half-light radius and flux."""
