"""Campaigns: who gets a message, and how outcomes land."""
