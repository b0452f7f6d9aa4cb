"""What guidelines/build.py is made of; for developers, not in the wheel."""
