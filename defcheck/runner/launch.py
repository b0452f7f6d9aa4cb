"""Start the service of the tests in any Python that has Tempest, with this very defcheck.

A script, since defcheck need not be installed there.
"""

import sys
import types
from pathlib import Path


def start() -> None:
    """Run the service and exit with its code."""
    package = types.ModuleType("defcheck")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules["defcheck"] = package
    from defcheck.runner.service import main

    sys.exit(main())


if __name__ == "__main__":
    start()
