"""Tools for AI agents, by the Model Context Protocol: the API's operations in the form that agents call."""
