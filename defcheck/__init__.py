"""Tell whether an OpenStack cloud meets an interoperability guideline."""

__version__ = "0.2.0"
