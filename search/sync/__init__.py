"""Keeping the index like the database: drain what changed, rebuild it whole, reconcile what drifted apart."""

from search.sync.drain import DrainReport, drain
from search.sync.rebuild import RebuildFailed, RebuildReport, rebuild
from search.sync.reconcile import ReconcileReport, reconcile

__all__ = [
    "DrainReport",
    "RebuildFailed",
    "RebuildReport",
    "ReconcileReport",
    "drain",
    "rebuild",
    "reconcile",
]
