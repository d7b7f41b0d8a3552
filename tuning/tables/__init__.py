"""Tables and figures of the papers, beside the published ones."""
