"""The weekly digest: settings, times, content."""
