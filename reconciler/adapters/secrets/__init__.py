"""Secrets: where their values are read, how they rest, and where those go that a run makes.

No message of this room holds a value, a part of one, or a length.
"""
