"""The paths of the first concept."""
