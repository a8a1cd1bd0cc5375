"""From pixels to footprints: noise, PSF, background, matched filter, threshold, growth."""
