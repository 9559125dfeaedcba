"""Showing a replay: to a person, or as JSON."""
