"""Code that every app may use: no models, nothing specific to habits."""
