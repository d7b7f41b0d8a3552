"""A zoo model becomes something that runs elsewhere."""
