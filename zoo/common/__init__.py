"""Ground that all four packages stand on: command lines, checks, files."""
