"""What commands share: a runtime that is ready for work, a bar on the terminal, and one line for what goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from web.runtime import Runtime

# Who acts, as the audit writes it down, where a command changes the register.
ACTOR: Final = "operator"


def ready(make_runtime: Callable[[], Runtime]) -> Runtime:
    """The runtime over a database with tables: an empty one gets them, an outdated one ends the command."""
    import web.tables  # noqa: F401
    from registry import migrations
    from registry.wording import tr

    runtime = make_runtime()
    revision = migrations.revision_of(runtime.database)
    if revision is None:
        migrations.upgrade(runtime.database)
    elif revision != migrations.newest_revision():
        click.echo(tr("cli.serve.not_migrated", runtime.settings.lang), err=True)
        sys.exit(1)
    return runtime


@contextmanager
def faults(runtime: Runtime) -> Iterator[None]:
    """A clear line for each thing that is refused; exit status 2 for a file that cannot be read, 1 for the rest."""
    from registry.errors import RegistryError, RuleBroken
    from registry.spreadsheets import TableError
    from registry.wording import say

    try:
        yield
    except RegistryError as error:
        broken = [violation.message for violation in error.violations] if isinstance(error, RuleBroken) else []
        for message in broken or [error.message]:
            click.echo(say(message, runtime.settings.lang), err=True)
        sys.exit(2 if isinstance(error, TableError) else 1)


def check_writable(path: Path | None, *others: Path | None) -> None:
    """Raise TableError if nothing can be written to the file, before any work is done for it.

    others: what the command reads or writes besides; writing over one of them would lose it.
    """
    from registry.spreadsheets import TableError
    from registry.wording import Message

    if path is None:
        return
    if any(other and os.path.realpath(path) == os.path.realpath(other) for other in others):
        raise TableError(Message("cli.same_file", {"file": str(path)}))
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise TableError(Message("cli.unwritable", {"file": str(path)}))


@contextmanager
def progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing when piped."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
