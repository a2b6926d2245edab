"""The commands of a migration, which run in the environment of operations."""
