"""Settings come from the environment; each bad key stops the start with a line of its own."""

from pathlib import Path

import pytest

from config.settings import LANGUAGES, Problem, Settings, SettingsError
from registry.wording import codes, placeholders, tr

COMPLETE = {
    "ONDIRIS_HOME": "/srv/ondiris",
    "ONDIRIS_DATABASE_URL": "postgresql://owner:pa:ss@word1@db.example:5433/register",
    "ONDIRIS_ELASTICSEARCH_URL": "https://elastic:word2@search.example:9200",
    "ONDIRIS_ELASTICSEARCH_API_KEY": "word3",
    "ONDIRIS_BROKER_URL": "redis://:word4@queue.example:6379/2",
    "ONDIRIS_SECRET_KEY": "word5-long-enough",
    "ONDIRIS_SIGNATURE_VERIFIER": "national.provider:verifier",
    "ONDIRIS_TRUSTED_PROXIES": "2",
    "ONDIRIS_PORTAL_URL": "https://register.example/",
    "ONDIRIS_SMTP_URL": "smtp://register:word6@mail.example:587",
    "ONDIRIS_MAIL_FROM": "register@register.example",
    "ONDIRIS_LANG": "kk",
    "HOME": "/root",
}


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    lines = tuple(str(caught.value).splitlines())
    assert lines == tuple(tr(problem.code, "en", **problem.values) for problem in caught.value.problems)
    return lines


def test_nothing_need_be_set() -> None:
    settings = Settings.from_env({"PATH": "/bin", "ONDIRIS_LANG": " "})
    home = Path("var").resolve()
    assert settings == Settings(
        home=home,
        database_url=f"sqlite:///{home}/ondiris.sqlite",
        elasticsearch_url=None,
        elasticsearch_api_key=None,
        elasticsearch_ca=None,
        broker_url=None,
        secret_key=None,
        signature_ca=None,
        signature_crl=None,
        signature_verifier=None,
        trusted_proxies=0,
        portal_url=None,
        smtp_url=None,
        mail_from=None,
        lang="ru",
    )
    assert (settings.index_folder, settings.uploads_folder) == (home / "index", home / "uploads")
    assert settings.secret_key_file == home / "secret.key"


def test_everything_can_be_set(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    authority.write_text("-----BEGIN CERTIFICATE-----")
    settings = Settings.from_env(
        {
            **COMPLETE,
            "ONDIRIS_ELASTICSEARCH_CA": str(authority),
            "ONDIRIS_SIGNATURE_CA": str(authority),
            "ONDIRIS_SIGNATURE_CRL": str(tmp_path),
        }
    )
    assert settings == Settings(
        home=Path("/srv/ondiris"),
        database_url="postgresql+psycopg://owner:pa:ss@word1@db.example:5433/register",
        elasticsearch_url="https://elastic:word2@search.example:9200",
        elasticsearch_api_key="word3",
        elasticsearch_ca=authority,
        broker_url="redis://:word4@queue.example:6379/2",
        secret_key="word5-long-enough",
        signature_ca=authority,
        signature_crl=tmp_path,
        signature_verifier="national.provider:verifier",
        trusted_proxies=2,
        portal_url="https://register.example",
        smtp_url="smtp://register:word6@mail.example:587",
        mail_from="register@register.example",
        lang="kk",
    )


def test_secrets_are_never_shown() -> None:
    settings = Settings.from_env(COMPLETE)
    text = repr(settings) + str(settings) + str(settings.shown())
    assert "word" not in text
    assert settings.shown()["ONDIRIS_DATABASE_URL"] == "postgresql+psycopg://owner:***@db.example:5433/register"
    assert settings.shown()["ONDIRIS_BROKER_URL"] == "redis://:***@queue.example:6379/2"
    in_query = Settings.from_env({"ONDIRIS_DATABASE_URL": "postgresql:///register?user=a&password=word6&host=/run"})
    assert in_query.shown()["ONDIRIS_DATABASE_URL"] == ("postgresql+psycopg:///register?user=a&password=***&host=/run")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql:///d?host=/var/run/postgresql", "postgresql+psycopg:///d?host=/var/run/postgresql"),
        ("sqlite:////tmp/a.sqlite", "sqlite:////tmp/a.sqlite"),
        ("sqlite:///a.sqlite", f"sqlite:///{Path('a.sqlite').resolve()}"),
    ],
)
def test_database_urls_name_their_driver(url: str, expected: str) -> None:
    assert Settings.from_env({"ONDIRIS_DATABASE_URL": url}).database_url == expected


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ONDIRIS_DATABASE_URL", "mysql://h/d", "give sqlite:///FILE or postgresql://"),
        ("ONDIRIS_DATABASE_URL", "register.db", "not the URL of a database"),
        ("ONDIRIS_DATABASE_URL", "sqlite://", "sqlite:///relative/file"),
        ("ONDIRIS_DATABASE_URL", "postgresql://u@h", "the database's name is missing"),
        ("ONDIRIS_DATABASE_URL", "postgresql://u@h:54x2/d", "a port is a number"),
        ("ONDIRIS_ELASTICSEARCH_URL", "search.example:9200", "search.example:// is not understood"),
        ("ONDIRIS_ELASTICSEARCH_URL", "https://", "the host is missing"),
        ("ONDIRIS_ELASTICSEARCH_URL", "http://h:99999", "a port is a number from 0 to 65535"),
        ("ONDIRIS_ELASTICSEARCH_URL", "http://[::1", "not a URL; give one like https://"),
        ("ONDIRIS_DATABASE_URL", "postgresql://[::1/d", "not the URL of a database"),
        ("ONDIRIS_BROKER_URL", "queue", "not a URL; give one like redis://"),
        ("ONDIRIS_BROKER_URL", "kafka://h", "kafka:// is not understood"),
        ("ONDIRIS_SECRET_KEY", "short", "5 characters are too easily guessed; give at least 16"),
        ("ONDIRIS_TRUSTED_PROXIES", "yes", "“yes” is not a number of proxies; give 0 to 9"),
        ("ONDIRIS_TRUSTED_PROXIES", "10", "give 0 to 9"),
        ("ONDIRIS_TRUSTED_PROXIES", "-1", "give 0 to 9"),
        ("ONDIRIS_PORTAL_URL", "register.example", "not a URL"),
        ("ONDIRIS_SMTP_URL", "http://mail.example", "http:// is not understood; give a URL like"),
        ("ONDIRIS_MAIL_FROM", "the register", "“the register” is not an e-mail address"),
        ("ONDIRIS_SIGNATURE_CA", "/nowhere/ca.pem", "there is neither a file nor a folder /nowhere/ca.pem"),
        ("ONDIRIS_SIGNATURE_VERIFIER", "national", "“national” names no factory; give package.module:factory"),
        ("ONDIRIS_SIGNATURE_VERIFIER", "national:make it", "names no factory"),
        ("ONDIRIS_SIGNATURE_CRL", "/tmp", "has no effect without ONDIRIS_SIGNATURE_CA"),
        ("ONDIRIS_LANG", "de", "“de” is not a language of the portal; give one of kk, ru, en"),
        ("ONDIRIS_HOME", __file__, "is a file; give a folder"),
        ("ONDIRIS_LANGUAGE", "ru", "unknown setting; did you mean ONDIRIS_LANG?"),
        ("ONDIRIS_DATABSE_URL", "x", "unknown setting; did you mean ONDIRIS_DATABASE_URL?"),
        ("ONDIRIS_QWXZ", "x", "unknown setting; there are ONDIRIS_HOME, "),
    ],
)
def test_a_bad_key_is_named_with_its_remedy(name: str, value: str, says: str) -> None:
    (line,) = problems({name: value})
    assert line.startswith(f"{name}: ")
    assert says in line


def test_lists_of_revoked_certificates_are_in_a_folder() -> None:
    (line,) = problems({"ONDIRIS_SIGNATURE_CA": __file__, "ONDIRIS_SIGNATURE_CRL": __file__})
    assert line == f"ONDIRIS_SIGNATURE_CRL: there is no folder {__file__}; check the path"


def test_every_bad_key_has_its_line() -> None:
    lines = problems(
        {
            "ONDIRIS_LNAG": "ru",
            "ONDIRIS_LANG": "xx",
            "ONDIRIS_BROKER_URL": "nowhere",
            "ONDIRIS_ELASTICSEARCH_API_KEY": "confidential",
            "ONDIRIS_ELASTICSEARCH_CA": "/nowhere/ca.pem",
        }
    )
    assert sorted(line.partition(":")[0] for line in lines) == [
        "ONDIRIS_BROKER_URL",
        "ONDIRIS_ELASTICSEARCH_API_KEY",
        "ONDIRIS_ELASTICSEARCH_CA",
        "ONDIRIS_ELASTICSEARCH_CA",
        "ONDIRIS_LANG",
        "ONDIRIS_LNAG",
    ]
    assert "confidential" not in "\n".join(lines)


def test_a_mail_server_needs_a_sender_and_an_address_for_its_links() -> None:
    lines = problems({"ONDIRIS_SMTP_URL": "smtps://mail.example"})
    assert [line.partition(":")[0] for line in lines] == ["ONDIRIS_PORTAL_URL", "ONDIRIS_MAIL_FROM"]


def test_what_is_wrong_reads_in_english_as_the_catalogue_says_it() -> None:
    said = [code for code in codes("en") if code.startswith("setting.")]
    assert said
    for code in said:
        values = {name: name.upper() for name in placeholders(code, "en")}
        assert str(Problem(code, values)) == tr(code, "en", **values)


@pytest.mark.parametrize(
    ("environ", "lang"), [(lang, lang) for lang in LANGUAGES] + [(" kk ", "kk"), ("de", "ru"), ("", "ru")]
)
def test_the_language_is_known_whatever_else_is_wrong(environ: str, lang: str) -> None:
    assert Settings.language({"ONDIRIS_LANG": environ, "ONDIRIS_BROKER_URL": "nowhere"}) == lang


@pytest.mark.parametrize("name", ["ONDIRIS_TEST_POSTGRES_URL", "ONDIRIS_SERVERS", "ONDIRIS_REFERENCE_DATA"])
def test_names_of_the_tests_are_no_misspelt_settings(name: str) -> None:
    assert Settings.from_env({name: "x"}) == Settings.from_env({})


def test_the_table_of_keys_is_complete() -> None:
    keys = Settings.describe()
    assert [key.name for key in keys] == list(Settings.from_env({}).shown())
    assert all(key.meaning and key.unit and key.default for key in keys)
