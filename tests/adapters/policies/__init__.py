"""Tests of reading, sealing, making and handing out secrets."""
