"""Tests of the stages, on a toy catalogue."""
