"""What the program is told from outside: environment variables, each checked before anything starts.

`KEYS` is the one table of them; the README, `ondiris serve --help` and `ondiris doctor` print it.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

LANGUAGES: Final = ("kk", "ru", "en")

# The one legal time of the whole country since 01.03.2024; the zone's history is in the time zone database.
TIME_ZONE: Final = ZoneInfo("Asia/Almaty")

_FALLBACK: Final = "ru"

_T = TypeVar("_T")

_PREFIX: Final = "ONDIRIS_"
# Read by the tests and CI alone, so never a misspelt setting.
_NOT_SETTINGS: Final = ("ONDIRIS_TEST_", "ONDIRIS_SERVERS", "ONDIRIS_REQUIRE", "ONDIRIS_REFERENCE_DATA")
_SHORTEST_SECRET: Final = 16
_MOST_PROXIES: Final = 9


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one setting: the code of a sentence of the catalogues, and the values that it shows.

    As text it is that sentence in English.
    """

    code: str
    values: Mapping[str, str | int]

    def __str__(self) -> str:
        return _IN_ENGLISH[self.code].format(**self.values)


class SettingsError(Exception):
    """The environment is wrong; `problems` holds one for each bad key, never with a secret in it."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


@dataclass(frozen=True, slots=True)
class Key:
    """One setting: its environment variable, what it means, its unit or form, and what holds without it."""

    name: str
    meaning: str
    unit: str
    default: str


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """The settings in force, absolute and complete.

    database_url: in SQLAlchemy's form, the driver named. An optional server that is not set up is None.
    secret_key: None means the key that the program makes at its first start and keeps in `secret_key_file`.
    signature_ca: a file or a folder; signature_verifier: what checks signatures instead, as `package.module:factory`.
    trusted_proxies: how many stand between the portal and its readers; what so many say of a reader is believed.
    """

    home: Path
    database_url: str
    elasticsearch_url: str | None
    elasticsearch_api_key: str | None
    elasticsearch_ca: Path | None
    broker_url: str | None
    secret_key: str | None
    signature_ca: Path | None
    signature_crl: Path | None
    signature_verifier: str | None
    trusted_proxies: int
    portal_url: str | None
    smtp_url: str | None
    mail_from: str | None
    lang: str

    @property
    def index_folder(self) -> Path:
        """Where the embedded search engine keeps its index."""
        return self.home / "index"

    @property
    def uploads_folder(self) -> Path:
        """Where uploaded files are kept."""
        return self.home / "uploads"

    @property
    def mail_folder(self) -> Path:
        """Where letters are laid down when no mail server is set."""
        return self.home / "mail"

    @property
    def secret_key_file(self) -> Path:
        """Where a secret key that was made here is kept."""
        return self.home / "secret.key"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Settings from environment variables; an empty one counts as absent.

        Raises SettingsError with a problem for every bad key, never for the first alone.
        """
        given = _given(environ)
        problems = [_unknown(name) for name in sorted(given) if not _is_setting(name)]

        def read(name: str, parse: Callable[[str], _T], default: _T) -> _T:
            if name not in given:
                return default
            try:
                return parse(given[name])
            except _Refused as refused:
                problems.append(Problem(refused.code, {"name": name, **refused.values}))
                return default

        home = read("ONDIRIS_HOME", _folder, Path("var").resolve())
        elasticsearch_url = read("ONDIRIS_ELASTICSEARCH_URL", _elasticsearch_url, None)
        settings = cls(
            home=home,
            database_url=read("ONDIRIS_DATABASE_URL", _database_url, f"sqlite:///{home / 'ondiris.sqlite'}"),
            elasticsearch_url=elasticsearch_url,
            elasticsearch_api_key=read("ONDIRIS_ELASTICSEARCH_API_KEY", str, None),
            elasticsearch_ca=read("ONDIRIS_ELASTICSEARCH_CA", _file, None),
            broker_url=read("ONDIRIS_BROKER_URL", _broker_url, None),
            secret_key=read("ONDIRIS_SECRET_KEY", _secret, None),
            signature_ca=read("ONDIRIS_SIGNATURE_CA", _path, None),
            signature_crl=read("ONDIRIS_SIGNATURE_CRL", _existing_folder, None),
            signature_verifier=read("ONDIRIS_SIGNATURE_VERIFIER", _entry_point, None),
            trusted_proxies=read("ONDIRIS_TRUSTED_PROXIES", _proxies, 0),
            portal_url=read("ONDIRIS_PORTAL_URL", _portal_url, None),
            smtp_url=read("ONDIRIS_SMTP_URL", _smtp_url, None),
            mail_from=read("ONDIRIS_MAIL_FROM", _mail_address, None),
            lang=read("ONDIRIS_LANG", _language, _FALLBACK),
        )
        problems += [
            Problem("setting.alone", {"name": name, "needed": "ONDIRIS_ELASTICSEARCH_URL"})
            for name in ("ONDIRIS_ELASTICSEARCH_API_KEY", "ONDIRIS_ELASTICSEARCH_CA")
            if name in given and "ONDIRIS_ELASTICSEARCH_URL" not in given
        ]
        if settings.smtp_url:
            # A letter needs a sender, and its links an address that no reader's request could have made up.
            problems += [
                Problem("setting.needed", {"name": name, "needed": "ONDIRIS_SMTP_URL"})
                for name in ("ONDIRIS_PORTAL_URL", "ONDIRIS_MAIL_FROM")
                if name not in given
            ]
        if "ONDIRIS_SIGNATURE_CRL" in given and not {"ONDIRIS_SIGNATURE_CA", "ONDIRIS_SIGNATURE_VERIFIER"} & set(given):
            problems.append(
                Problem("setting.alone", {"name": "ONDIRIS_SIGNATURE_CRL", "needed": "ONDIRIS_SIGNATURE_CA"})
            )
        if problems:
            raise SettingsError(tuple(problems))
        return settings

    @staticmethod
    def language(environ: Mapping[str, str] = os.environ) -> str:
        """The language to speak even where other settings are bad: the one set, if it is one, else Russian."""
        lang = _given(environ).get("ONDIRIS_LANG")
        return lang if lang in LANGUAGES else _FALLBACK

    @staticmethod
    def describe() -> tuple[Key, ...]:
        """Every setting there is, in the order to show them."""
        return KEYS

    def shown(self) -> dict[str, str]:
        """The value of each setting by its name, fit for a screen or a log: passwords and keys are masked."""
        return {
            "ONDIRIS_HOME": str(self.home),
            "ONDIRIS_DATABASE_URL": _masked(self.database_url),
            "ONDIRIS_ELASTICSEARCH_URL": _masked(self.elasticsearch_url),
            "ONDIRIS_ELASTICSEARCH_API_KEY": "***" if self.elasticsearch_api_key else "",
            "ONDIRIS_ELASTICSEARCH_CA": str(self.elasticsearch_ca or ""),
            "ONDIRIS_BROKER_URL": _masked(self.broker_url),
            "ONDIRIS_SECRET_KEY": "***" if self.secret_key else "",
            "ONDIRIS_SIGNATURE_CA": str(self.signature_ca or ""),
            "ONDIRIS_SIGNATURE_CRL": str(self.signature_crl or ""),
            "ONDIRIS_SIGNATURE_VERIFIER": self.signature_verifier or "",
            "ONDIRIS_TRUSTED_PROXIES": str(self.trusted_proxies),
            "ONDIRIS_PORTAL_URL": self.portal_url or "",
            "ONDIRIS_SMTP_URL": _masked(self.smtp_url),
            "ONDIRIS_MAIL_FROM": self.mail_from or "",
            "ONDIRIS_LANG": self.lang,
        }

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value}' for name, value in self.shown().items() if value)})"


KEYS: Final = (
    Key("ONDIRIS_HOME", "folder of the embedded database, the embedded index and the uploads", "path", "var/"),
    Key(
        "ONDIRIS_DATABASE_URL",
        "database: SQLite for one machine, PostgreSQL for production",
        "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
        "SQLite file ondiris.sqlite in ONDIRIS_HOME",
    ),
    Key(
        "ONDIRIS_ELASTICSEARCH_URL",
        "Elasticsearch server that searches instead of the embedded engine",
        "http(s)://HOST:PORT",
        "none: the embedded engine, its index in ONDIRIS_HOME",
    ),
    Key("ONDIRIS_ELASTICSEARCH_API_KEY", "API key for that server", "text, secret", "none"),
    Key(
        "ONDIRIS_ELASTICSEARCH_CA",
        "certificate of the authority that signed that server's certificate",
        "path of a PEM file",
        "the authorities this machine trusts",
    ),
    Key(
        "ONDIRIS_BROKER_URL",
        "message broker that wakes the Celery workers",
        "redis://HOST:PORT/N, or rediss://, amqp://, amqps://",
        "none: `serve` starts one worker on the job rows",
    ),
    Key(
        "ONDIRIS_SECRET_KEY",
        "key that signs sign-in cookies and forms; the same on every web process",
        f"text of at least {_SHORTEST_SECRET} characters, secret",
        "made at the first start, kept in ONDIRIS_HOME/secret.key",
    ),
    Key(
        "ONDIRIS_SIGNATURE_CA",
        "certificates of the authorities whose signatures (ЭЦП) are taken, roots and those below them",
        "path of a PEM or DER file, or of a folder of such files",
        "none: signing is not offered",
    ),
    Key(
        "ONDIRIS_SIGNATURE_CRL",
        "lists of revoked certificates, kept up to date by whoever runs the portal: without current ones nobody signs",
        "path of a folder of .crl files",
        "none: whether a certificate is revoked is not asked, which each signature says",
    ),
    Key(
        "ONDIRIS_SIGNATURE_VERIFIER",
        "what checks signatures instead: a way into the national provider's library, which is no part of this program",
        "package.module:factory",
        "none: RSA and ECDSA signatures are checked against ONDIRIS_SIGNATURE_CA",
    ),
    Key(
        "ONDIRIS_TRUSTED_PROXIES",
        "proxies, one behind the other, that the portal is read through; each sets X-Forwarded-For, -Proto and -Host",
        f"number from 0 to {_MOST_PROXIES}",
        "0: whatever such headers say is somebody's claim, and passed over",
    ),
    Key(
        "ONDIRIS_PORTAL_URL",
        "address under which people read the portal; links in letters begin with it",
        "http(s)://HOST",
        "the address under which the page was read that sends the letter",
    ),
    Key(
        "ONDIRIS_SMTP_URL",
        "mail server that sends the letters",
        "smtp://USER:PASSWORD@HOST:PORT with STARTTLS, or smtps:// with TLS from the start",
        "none: letters are laid down in ONDIRIS_HOME/mail and shown on the page /outbox",
    ),
    Key("ONDIRIS_MAIL_FROM", "address that letters come from", "e-mail address", "none"),
    Key(
        "ONDIRIS_LANG",
        "language of the command line, and of a page whose reader prefers none",
        f"one of {', '.join(LANGUAGES)}",
        "ru",
    ),
)
_NAMES: Final = tuple(key.name for key in KEYS)

# What the catalogues of config/translations say in English: the ground floor cannot read them, and who uses this as a
# library wants to read an exception. A test holds the two together.
_IN_ENGLISH: Final = {
    "setting.unknown": "{name}: unknown setting; there are {names}",
    "setting.misspelt": "{name}: unknown setting; did you mean {near}?",
    "setting.needed": "{name}: needed with {needed}; set it too, or remove that",
    "setting.mail_address": "{name}: “{given}” is not an e-mail address; give one like register@portal.example",
    "setting.alone": "{name}: has no effect without {needed}; set that too, or remove this",
    "setting.not_a_folder": "{name}: {path} is a file; give a folder",
    "setting.no_file": "{name}: there is no file {path}; check the path",
    "setting.no_path": "{name}: there is neither a file nor a folder {path}; check the path",
    "setting.no_folder": "{name}: there is no folder {path}; check the path",
    "setting.entry_point": "{name}: “{given}” names no factory; give package.module:factory",
    "setting.verifier": "{name}: {given} makes no verifier ({reason}); correct it, or remove this setting",
    "setting.certificate": "{name}: {path} is no certificate in PEM or DER; replace the file or take it away",
    "setting.no_root": "{name}: no root certificate in {path}; add the authority's self-signed certificate",
    "setting.language": "{name}: “{given}” is not a language of the portal; give one of {languages}",
    "setting.secret": "{name}: {length} characters are too easily guessed; give at least {least}",
    "setting.proxies": "{name}: “{given}” is not a number of proxies; give 0 to {most}",
    "setting.sqlite": "{name}: an SQLite URL is sqlite:///relative/file or sqlite:////absolute/file",
    "setting.no_database": "{name}: the database's name is missing: postgresql://USER:PASSWORD@HOST/NAME",
    "setting.database": "{name}: not the URL of a database; give sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
    "setting.scheme": "{name}: {scheme}:// is not understood; give a URL like {example}",
    "setting.not_a_url": "{name}: not a URL; give one like {example}",
    "setting.no_host": "{name}: the host is missing; give a URL like {example}",
    "setting.port": "{name}: a port is a number from 0 to 65535; correct the URL",
}


class _Refused(Exception):
    """A setting's text is not what it should be."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: text.strip() for name, text in environ.items() if name.startswith(_PREFIX) and text.strip()}


def _is_setting(name: str) -> bool:
    return name in _NAMES or name.startswith(_NOT_SETTINGS)


def _unknown(name: str) -> Problem:
    # The common prefix would make every name look near.
    near = get_close_matches(name.removeprefix(_PREFIX), [known.removeprefix(_PREFIX) for known in _NAMES], n=1)
    if near:
        return Problem("setting.misspelt", {"name": name, "near": _PREFIX + near[0]})
    return Problem("setting.unknown", {"name": name, "names": ", ".join(_NAMES)})


def _folder(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if path.exists() and not path.is_dir():
        raise _Refused("setting.not_a_folder", path=str(path))
    return path


def _file(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if not path.is_file():
        raise _Refused("setting.no_file", path=str(path))
    return path


def _path(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if not path.exists():
        raise _Refused("setting.no_path", path=str(path))
    return path


def _existing_folder(text: str) -> Path:
    path = Path(text).expanduser().resolve()
    if not path.is_dir():
        raise _Refused("setting.no_folder", path=str(path))
    return path


def _entry_point(text: str) -> str:
    module, _, factory = text.partition(":")
    if not (all(part.isidentifier() for part in module.split(".")) and factory.isidentifier()):
        raise _Refused("setting.entry_point", given=text)
    return text


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise _Refused("setting.language", given=text, languages=", ".join(LANGUAGES))
    return text


def _secret(text: str) -> str:
    if len(text) < _SHORTEST_SECRET:
        raise _Refused("setting.secret", length=len(text), least=_SHORTEST_SECRET)
    return text


def _proxies(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_PROXIES):
        raise _Refused("setting.proxies", given=text, most=_MOST_PROXIES)
    return int(text)


def _elasticsearch_url(text: str) -> str:
    _server(text, {"http", "https"}, "https://search.example:9200")
    return text


def _broker_url(text: str) -> str:
    _server(text, {"redis", "rediss", "amqp", "amqps"}, "redis://localhost:6379/0")
    return text


def _portal_url(text: str) -> str:
    _server(text, {"http", "https"}, "https://ondiris.example")
    return text.rstrip("/")


def _smtp_url(text: str) -> str:
    _server(text, {"smtp", "smtps"}, "smtp://USER:PASSWORD@mail.example:587")
    return text


def _mail_address(text: str) -> str:
    somebody, _, host = text.partition("@")
    if not somebody or "." not in host or any(sign.isspace() for sign in text):
        raise _Refused("setting.mail_address", given=text)
    return text


def _database_url(text: str) -> str:
    parts = _parts(text)
    scheme = parts.scheme if parts else ""
    if scheme == "sqlite":
        file = text.removeprefix("sqlite:///")
        if file == text or not file:
            raise _Refused("setting.sqlite")
        return f"sqlite:///{Path(file).expanduser().resolve()}"
    if parts is None or scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        raise _Refused("setting.database")
    # A server on a local socket is written without a host.
    _port(parts)
    if not parts.path.strip("/"):
        raise _Refused("setting.no_database")
    return "postgresql+psycopg://" + text.partition("://")[2]


def _server(text: str, schemes: set[str], example: str) -> None:
    parts = _parts(text)
    if parts is None or not parts.scheme:
        raise _Refused("setting.not_a_url", example=example)
    if parts.scheme not in schemes:
        raise _Refused("setting.scheme", scheme=parts.scheme, example=example)
    if not parts.hostname:
        raise _Refused("setting.no_host", example=example)
    _port(parts)


def _parts(text: str) -> SplitResult | None:
    """The parts of a URL; None where it has a bracket open or the like."""
    try:
        return urlsplit(text)
    except ValueError:
        return None


def _port(parts: SplitResult) -> None:
    try:
        _ = parts.port
    except ValueError:
        raise _Refused("setting.port") from None


def _masked(url: str | None) -> str:
    """A URL without its password, also where the password stands in the query."""
    without = re.sub(r"://([^:@/?]*):.*@", r"://\1:***@", url or "")
    return re.sub(r"(?i)(password=)[^&]*", r"\1***", without)
