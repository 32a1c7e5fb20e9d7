"""PostgreSQL behind the same doors: how it is reached, locked, written and asked what became of a commit.

Nothing here is imported before a ``postgresql://`` address is used. The driver is psycopg 3; plans read through it
alone, an apply goes through SQLAlchemy.
"""
