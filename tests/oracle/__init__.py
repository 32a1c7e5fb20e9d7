"""Who may do what, decided a second time from the matrix itself, and every decision of the engine held against it."""
