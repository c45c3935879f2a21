"""`ondiris migrate` and `ondiris doctor`: bring the database up to date; say what works and what does not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from registry.wording import say, tr

if TYPE_CHECKING:
    from web.runtime import Runtime


@click.command(epilog="Example: ondiris migrate")
@click.pass_obj
def migrate(make_runtime: Callable[[], Runtime]) -> None:
    """Bring the database's tables to what this version expects. Repeating it is harmless."""
    import web.tables  # noqa: F401
    from registry import migrations

    runtime = make_runtime()
    before = migrations.revision_of(runtime.database)
    migrations.upgrade(runtime.database)
    after = migrations.revision_of(runtime.database)
    code = "cli.migrate.unchanged" if before == after else "cli.migrate.done"
    click.echo(tr(code, runtime.settings.lang, revision=str(after)))


@click.command(epilog="Example: ondiris doctor --audit")
@click.option(
    "--audit", "whole_audit", is_flag=True, help="Check every entry of the log of changes, not the newest alone."
)
@click.pass_obj
def doctor(make_runtime: Callable[[], Runtime], whole_audit: bool) -> None:
    """Say what is configured, reachable and out of date.

    Exit status 1: the system cannot work, or somebody has changed the log of changes.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from web.cli.terminal import progress
    from web.health import State, examine

    runtime = make_runtime()
    lang = runtime.settings.lang
    settings = Table(title=tr("doctor.settings", lang), title_justify="left", show_header=False)
    for name, value in runtime.settings.shown().items():
        settings.add_row(Text(name), Text(value or "—"))
    with progress(tr("doctor.part.audit", lang)) as tell:
        findings = examine(runtime, whole_audit=whole_audit, progress=tell)
    health = Table(title=tr("doctor.findings", lang), title_justify="left", show_header=False)
    colours = {State.GOOD: "green", State.WARNING: "yellow", State.BAD: "red"}
    for finding in findings:
        health.add_row(
            Text(tr(f"doctor.state.{finding.state}", lang), style=colours[finding.state]),
            Text(tr(f"doctor.part.{finding.part}", lang)),
            Text(say(finding.message, lang)),
        )
    console = Console()
    console.print(settings)
    console.print(health)
    if any(finding.state is State.BAD for finding in findings):
        sys.exit(1)
