"""Upkeep: what an administrator does about work that did not succeed."""
