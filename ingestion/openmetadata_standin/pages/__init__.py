"""Read-only HTML pages of the catalog, without scripts."""
