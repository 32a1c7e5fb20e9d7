"""One file a command, found by its name. Each holds ``command``; what is heavy is imported inside of it."""
