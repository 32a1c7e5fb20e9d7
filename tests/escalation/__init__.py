"""Ways in which somebody might try to come by a right through manifests, each ending with nothing written."""
