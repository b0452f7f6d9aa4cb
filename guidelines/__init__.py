"""The published guidelines as data; index.json says where each came from."""
