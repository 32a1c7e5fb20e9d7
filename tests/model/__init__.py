"""Tests of the values of the field."""
