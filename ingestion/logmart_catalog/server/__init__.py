"""The only part that talks to OpenMetadata."""
