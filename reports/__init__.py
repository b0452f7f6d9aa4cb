"""Templates of the reports and JSON Schemas of the machine-readable ones."""
