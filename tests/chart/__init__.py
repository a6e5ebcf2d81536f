"""The chart: rendered, asserted, and run."""
