"""Find the packages; all else is in setup.cfg.

guidelines/ and reports/ stand at the top level and travel in the wheel under
importable names of their own, which `find:` of setup.cfg cannot express.
"""

from setuptools import find_packages, setup

setup(packages=[*find_packages(include=["defcheck*"]), "defcheck_guidelines", "defcheck_reports"])
