"""Lands what operates the mart as records, and tells people what the mart says is due."""
