"""Sphinx's configuration; `tox -e docs` builds the pages with warnings as errors."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from defcheck import __version__

project = "defcheck"
author = "the defcheck authors"
project_copyright = f"{author}, Apache-2.0"
version = release = __version__

extensions = ["myst_parser", "attributes", "commands", "schemas"]
myst_enable_extensions = ["deflist", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True
# Options start with two hyphens, which must not become a dash.
smartquotes = False
exclude_patterns = ["_build", "_ext", "reference/generated"]

html_theme = "furo"
html_title = f"defcheck {__version__}"
html_copy_source = False
html_show_sphinx = False
