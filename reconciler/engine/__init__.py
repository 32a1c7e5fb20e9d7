"""Engine: the stages, pure functions from value to value.

One file, or one folder where a stage is long, is one stage, and no stage imports another. A stage knows ``model``
alone: no kind, no file, no database, no clock. It reads what a kind declares, and where it would need an ``if`` for a
kind, the declaration lacks a mark.
"""
