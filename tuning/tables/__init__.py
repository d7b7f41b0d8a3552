"""The papers' tables and figures, made again beside the published ones."""
