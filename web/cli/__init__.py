"""The `ondiris` command: one file per subject, loaded when its command is called."""

from __future__ import annotations

import errno
import importlib
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from config.settings import Settings, SettingsError

if TYPE_CHECKING:
    from web.runtime import Runtime

# command -> file under web/cli that defines it (its attribute is the command's name, `import` being `import_`).
COMMANDS = {
    "demo": "demo",
    "serve": "serve",
    "worker": "serve",
    "migrate": "system",
    "doctor": "system",
    "import": "imports",
    "search": "search",
    "reindex": "search",
    "account": "accounts",
    "match": "match",
    "classify": "codes",
    "evaluate": "match",
}


class Lazy(click.Group):
    """A group whose commands are imported only when called, so that `--help` and short commands start at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"web.cli.{COMMANDS[cmd_name]}")
        attribute = "import_" if cmd_name == "import" else cmd_name
        command: Any = getattr(module, attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what the machine refuses ends it with one clear line instead of a traceback."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            # A reader that has gone away, as `head` does, is click's to handle.
            if error.errno == errno.EPIPE:
                raise
            reason = error.strerror or str(error)
            _refuse("cli.no_file" if error.filename else "cli.no_os", file=str(error.filename), reason=reason)
        except SettingsError as error:
            # What a setting names is opened where it is first needed, and may be another thing than it should.
            _end(error)
        except Exception as error:
            database = sys.modules.get("sqlalchemy.exc")
            if database is None or not isinstance(error, database.DatabaseError):
                raise
            reason = str(error.orig).strip().splitlines()[0]
            if isinstance(error, database.OperationalError):
                _refuse("cli.no_database", reason=reason)
            # A file that is no database, or has damaged pages. The other kinds are faults of this program.
            if type(error) is database.DatabaseError:
                where = Settings.from_env().shown()["ONDIRIS_DATABASE_URL"]
                _refuse("doctor.database.damaged", database=where, reason=reason)
            raise


def _refuse(code: str, **values: str) -> NoReturn:
    from registry.wording import tr

    click.echo(tr(code, Settings.language(), **values), err=True)
    sys.exit(1)


def _end(error: SettingsError) -> NoReturn:
    from registry.wording import tr

    for problem in error.problems:
        click.echo(tr(problem.code, Settings.language(), **problem.values), err=True)
    sys.exit(2)


def make_runtime() -> Runtime:
    """The runtime of the environment's settings; a bad setting ends the command with one clear line per key."""
    from web.runtime import Runtime

    try:
        settings = Settings.from_env()
    except SettingsError as error:
        _end(error)
    return Runtime(settings)


@click.group(cls=Lazy)
@click.version_option(package_name="ondiris")
@click.pass_context
def main(ctx: click.Context) -> None:
    """The open register of Kazakhstan's producers, and the engine that matches needs with those who can make them.

    Example: ondiris demo
    """
    ctx.obj = make_runtime
