"""Validation and publishing of exports."""
