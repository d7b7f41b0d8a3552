"""File formats that several corpus readers share."""
