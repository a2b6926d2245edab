"""Read-only HTML pages that show people what was published; they need no script."""
