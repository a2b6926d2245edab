"""Static pages of the metrics: one file a page, without scripts, servers or requests."""
