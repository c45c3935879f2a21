"""Python's collector of cyclic garbage, kept from walking again and again through what is there to stay."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector pass over what was there before, and look seldom at what comes.

    For work on very many rows, which make no cycles: every few hundred of them would have all classifiers or offers
    walked through. Children forked inside share the memory of what was there, which the collector would write to.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
