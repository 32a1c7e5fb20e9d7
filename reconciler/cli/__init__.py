"""The command line: asks, shows, and turns outcomes into exit codes. It decides nothing else."""
