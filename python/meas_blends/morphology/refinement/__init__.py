"""From the network's answer to the best fit: galaxies by least squares, with priors."""
