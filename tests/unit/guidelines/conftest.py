"""Where the bundled guidelines and the published originals are."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def bundled() -> Path:
    """Return the folder of our guidelines."""
    return ROOT / "guidelines"


@pytest.fixture(scope="session")
def originals() -> Path:
    """Return the folder of the published files, or skip where it is absent."""
    folder = ROOT.parent / "shared" / "interop"
    if not folder.is_dir():
        pytest.skip("the published guidelines (../shared/interop) are not at hand")
    return folder
