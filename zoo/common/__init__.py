"""Helpers that all packages share: command lines, argument checks, files."""
