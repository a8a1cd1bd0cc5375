"""Pictures that an astronomer would show."""
