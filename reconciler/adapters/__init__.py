"""The world, one folder a door. Knows the model and the doors, and nothing else."""
