"""What a running program stands on: settings, clock, database, search engine, kinds.

The only place that reads a clock.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from config.settings import Settings
from registry.calendar import legal_day
from registry.db import Database
from registry.files.store import Store
from registry.sealing import Sealer
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
    def secret_key(self) -> str:
        """The key that signs cookies and seals small secrets: the one of the settings, else one made here."""
        return self.settings.secret_key or kept_secret(self.settings)

    @cached_property
    def sealer(self) -> Sealer:
        """What seals small secrets in the database."""
        return Sealer(self.secret_key)

    @property
    def tables_folder(self) -> Path:
        """Where suppliers' own tables lie until they are taken in, and for a while after."""
        return self.settings.uploads_folder / "tables"

    @cached_property
    def files(self) -> Store:
        """The contents of uploaded files."""
        return Store(self.settings.uploads_folder / "files")

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


def kept_secret(settings: Settings) -> str:
    """The key that signs cookies: made once, kept where only the portal's own user may read it.

    Two processes that start together agree: the file appears whole, by the hand of one of them, and both read it.
    """
    path = settings.secret_key_file
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        own = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        with suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
    return path.read_text("ascii")
