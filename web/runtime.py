"""What a running program stands on: settings, clock, database, search engine, kinds.

The only place that reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from config.settings import Settings
from registry.calendar import legal_day
from registry.db import Database
from search.engines import SearchEngine, open_engine
from search.goods import PRODUCTS
from search.kinds import Kind

if TYPE_CHECKING:
    from registry.signing import Verifier


def system_clock() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


class Runtime:
    """The parts of one process, made when first asked for.

    clock: gives an aware moment; a settable one is for the demo and tests only.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] = system_clock) -> None:
        self.settings = settings
        self.clock = clock
        # How a worker is told, after a commit, that there is something to do (a job's id where it is one certain job).
        # Without a worker at hand nothing is told: whichever worker looks next finds the rows.
        self.wake: Callable[[int | None], None] = lambda job_id: None

    def now(self) -> datetime:
        """The present moment, aware."""
        return self.clock()

    def today(self) -> date:
        """The legal day in Kazakhstan."""
        return legal_day(self.clock())

    @cached_property
    def database(self) -> Database:
        """The database of the settings."""
        return Database(self.settings.database_url)

    @cached_property
    def engine(self) -> SearchEngine:
        """The search engine of the settings: Elasticsearch where an address is set, else the embedded one."""
        return open_engine(self.settings)

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Everything that is indexed, by name."""
        return {PRODUCTS.name: PRODUCTS}

    @cached_property
    def verifier(self) -> Verifier | None:
        """What checks digital signatures by the settings; None: signing is not offered. Raises SettingsError."""
        if not (self.settings.signature_ca or self.settings.signature_verifier):
            return None
        # Its libraries take half a second to load, which a portal that offers no signing need not spend.
        from registry.cms import open_verifier

        return open_verifier(self.settings)
