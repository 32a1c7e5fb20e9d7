"""Tests of the committed schemas, with validators that know nothing of this program."""
