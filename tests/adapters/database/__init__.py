"""Tests of the live database, on real files."""
