"""Models learnt on one corpus and tested on another."""
