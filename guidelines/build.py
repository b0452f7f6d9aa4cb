"""Rebuild the bundled guidelines: facts from the published files, words of our own.

    python guidelines/build.py ORIGINALS_FOLDER

For developers: it runs in a checkout beside an installed defcheck.
"""

import sys

from builder.edition import main

if __name__ == "__main__":
    sys.exit(main())
