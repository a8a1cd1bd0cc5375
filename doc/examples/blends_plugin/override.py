# Override file for the task "classify": use the plugin's peak finder.
config.peak_finder.name = "one_peak"
config.peak_finder["one_peak"].threshold = 6.0
