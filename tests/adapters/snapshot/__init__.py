"""Snapshot files: what is believed of them, and what is refused."""
