"""The tracking plan: its grammar, entries, check and spreadsheet."""
