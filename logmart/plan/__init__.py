"""The tracking plan: its entries and grammar, its check, its spreadsheet and its replay."""
