"""The whole service on one machine: supervisor, process guard, embedded servers. Tests use them too."""
