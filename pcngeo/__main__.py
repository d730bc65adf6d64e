"""``python -m pcngeo``: the same as the command ``pcngeo``."""

from pcngeo.cli import main

if __name__ == "__main__":
    main()
