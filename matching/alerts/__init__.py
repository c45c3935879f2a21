"""Alerts: what a person asked to be told of, and what they were told."""
