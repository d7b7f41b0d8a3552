"""Training of one network: job, callbacks, fits, progress."""
