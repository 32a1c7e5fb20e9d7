"""Renderers: reports and diagnostics as text or JSON. Pure functions from values to strings; one sink, one escaping."""
