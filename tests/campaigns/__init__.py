"""Campaigns: seeded attacks on what the program reads. The tests run a short share, ``scripts/scorecard.py`` all."""
