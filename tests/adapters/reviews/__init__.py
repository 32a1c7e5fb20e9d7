"""Tests of comments below reviews."""
