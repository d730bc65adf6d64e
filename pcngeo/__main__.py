"""``python -m pcngeo``: the same as the command ``pcngeo``."""

import sys

if __name__ == "__main__":
    try:
        from pcngeo.cli import main

        main()
    except KeyboardInterrupt:  # while the program itself was read
        sys.exit(130)
