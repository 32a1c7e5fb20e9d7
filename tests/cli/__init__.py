"""Tests of the command line, mostly by calling it."""
