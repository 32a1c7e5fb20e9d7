"""The live database: its tables, how it is read, and how a plan becomes one transaction.

The only room that knows SQLAlchemy, Alembic and the drivers. Reading needs none of the first two: it is on the path of
every plan. Everything is dialect-neutral but the way in (``reading`` and ``writing`` for an embedded database,
``postgres`` for a server), the faults of the drivers, and ``triggers``.

Codes of this room:

===== ============================================================================================
DB-01 the database cannot be opened or read
DB-02 it has no schema yet, or an older one
DB-03 its schema is newer than this version of the program
DB-04 a table, column, index or trigger is missing or differs
DB-05 a kind of database, or of file system, that is not supported
DB-06 a constraint refuses a row
DB-07 what was read back is not what was written
DB-08 somebody else holds the lock
DB-09 a row moved between plan and write
DB-10 writing failed and was rolled back
DB-11 the connection was lost around commit, and nobody can say what became of it
DB-12 the connection was lost, and nothing was applied
DB-13 the user of the database may not do this
DB-14 the server takes no writes
===== ============================================================================================
"""
