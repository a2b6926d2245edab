"""The tracking plan: its grammar, its entries, its check and its spreadsheet."""
