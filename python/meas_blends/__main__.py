"""``python -m meas_blends`` is ``blendtask``."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="blendtask")
