"""Throw-away PostgreSQL, Redis and Elasticsearch on loopback ports for tests and trying things out.

`python3 -m tests.servers start` starts them with nothing but the standard library; `found.py` is how the tests find
them. Nothing here is meant for data that somebody wants to keep: a start begins empty, a stop deletes.
"""
