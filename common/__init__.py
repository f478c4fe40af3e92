"""What every app may use: no models, no words of the domain."""
