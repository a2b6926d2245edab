"""Adds a source of events to the project: reads files, proposes a plan, writes the folder."""
