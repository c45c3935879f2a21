"""Codes of classifiers with their names, as pages show them."""

from __future__ import annotations

from datetime import date

from flask import g

from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from web.public.rows import PathStep
from web.session import db


def step_of(scheme: Scheme, code: str | None, on: date) -> PathStep | None:
    """A code with its name in the page's language; None where the classifier does not hold it."""
    node = tree(db(), scheme, on).node(code) if code else None
    return PathStep(node.code, *node.named(g.lang)) if node else None
