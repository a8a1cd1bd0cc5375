"""From footprints to counts and places of objects."""
