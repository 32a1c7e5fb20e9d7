"""Tests of the verbs, behind doors made for the purpose."""
