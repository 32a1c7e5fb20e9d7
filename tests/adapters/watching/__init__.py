"""Tests of what a watch speaks to."""
