"""Sightings: how often goods were shown, opened, compared. Nothing of who saw them."""
