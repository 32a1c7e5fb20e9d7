"""The verbs: each file says which stages run, which doors are opened, and in which order. No printing, no asking."""
