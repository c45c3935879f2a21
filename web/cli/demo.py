"""`ondiris demo`: the whole portal with demonstration data, from nothing, in one command."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from web.cli.serve import address_of, announce, port_option, run_portal

if TYPE_CHECKING:
    from web.runtime import Runtime


@click.command(epilog="Example: ondiris demo --port 8080")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@port_option
@click.pass_obj
def demo(make_runtime: Callable[[], Runtime], host: str, port: int) -> None:
    """Set everything up in ONDIRIS_HOME, load demonstration data, serve the portal; prints its address and logins.

    Repeating it is harmless: what visitors of the last demonstration did is still there. Exit status 2: the register
    holds suppliers, customers or needs that are not the demonstration's, and nothing was loaded.
    """
    import web.tables  # noqa: F401
    from registry.errors import Conflict
    from registry.wording import Message, say, tr
    from web.addresses import Pages
    from web.demo import LOGINS, load

    runtime = make_runtime()
    lang = runtime.settings.lang

    def tell(message: Message) -> None:
        click.echo(say(message, lang))

    try:
        load(runtime, tell=tell, pages=Pages(runtime.settings.portal_url or address_of(host, port)))
    except Conflict as error:
        click.echo(say(error.message, lang), err=True)
        sys.exit(2)
    click.echo(tr("cli.demo.logins", lang))
    for login in LOGINS:
        click.echo(f"  {login.email}  {login.password}")

    def ready(address: str) -> None:
        click.echo(tr("cli.demo.address", lang))
        announce(address)

    run_portal(runtime, host=host, port=port, with_worker=True, ready=ready)
