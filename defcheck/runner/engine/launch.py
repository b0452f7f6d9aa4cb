"""Start the engine's server in any Python that has Tempest, with this very defcheck."""

import sys
import types
from pathlib import Path


def start_server() -> None:
    """Run the server and exit with its code."""
    package = types.ModuleType("defcheck")
    package.__path__ = [str(Path(__file__).resolve().parents[2])]
    sys.modules["defcheck"] = package
    from defcheck.runner.engine.server import main

    sys.exit(main())


if __name__ == "__main__":
    start_server()
