"""The history of the schema: frozen revisions, never edited after a release; written by ``snapshot``."""
