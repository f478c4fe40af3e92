"""What other services, devices and agents use: keys. Each feature is a package that calls the services of other apps."""
