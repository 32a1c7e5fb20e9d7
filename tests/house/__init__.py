"""Tests of the house itself: rooms, words, sizes, what starting costs, what is installed."""
