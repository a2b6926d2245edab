"""The state of a catalog, as data and pure functions: for the desired and for the actual state."""
