"""Tell whether an OpenStack cloud meets an interoperability guideline."""

__version__ = "0.1.0"
