"""Tags: a user's own words for grouping tracks."""
