"""The pull-request gate: what a change would break, said before it is merged."""
