"""Files over HTTP: who gets them and with which headers, and forms that take them."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import render_template_string, request
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from registry.accounts.models import AccountRole
from registry.accounts.rules import Actor
from registry.files import operations, queries, rules
from registry.files.intake import prepare
from registry.files.models import Disclosure, Purpose, StoredFile
from registry.wording import LANGUAGES, tr
from tests.registry.files import samples
from tests.web.markup import Page
from tests.web.portal import NOW, Browser, Site
from web import auth
from web.files import Upload, takes_files, thumb_size
from web.session import db
from web.worker import daily, run_job

OWNER, OTHER, PARTY = "110440012951", "020940000580", "990140000806"
OWN = Actor("own", AccountRole.OWNER, OWNER)


def kept(
    site: Site,
    content: bytes,
    *,
    name: str = "файл.bin",
    purpose: Purpose = Purpose.ORIGIN,
    disclosure: Disclosure | None = None,
) -> StoredFile:
    """A file of an organisation, in the portal's store."""
    upload = prepare(site.runtime.files, io.BytesIO(content), name=name, purpose=purpose, now=NOW)
    with site.runtime.database.transaction() as session:
        file = operations.attach(session, owner=OWNER, upload=upload, disclosure=disclosure, actor=OWN, now=NOW)
        operations.share(session, file.token, PARTY, actor=OWN, now=NOW)
    return file


def reader(site: Site, who: str) -> Browser:
    """A browser of somebody."""
    browser = site.browser()
    roles: dict[str, tuple[AccountRole, str]] = {
        "owner": (AccountRole.OWNER, OWNER),
        "rival": (AccountRole.OWNER, OTHER),
        "party": (AccountRole.CUSTOMER, PARTY),
        "expert": (AccountRole.EXPERT, ""),
        "administrator": (AccountRole.ADMINISTRATOR, ""),
    }
    if who in roles:
        browser.sign_in(site.account(*roles[who], email=f"{who}@portal.example"))
    return browser


READERS = ("nobody", "owner", "rival", "party", "expert", "administrator")
SEEING = {
    Disclosure.PUBLIC: set(READERS),
    Disclosure.PARTIES: {"owner", "party", "expert", "administrator"},
    Disclosure.STATE: {"owner", "expert", "administrator"},
    Disclosure.NEVER: {"owner"},
}


@pytest.mark.parametrize("who", READERS)
def test_each_file_goes_to_those_who_may_see_it_and_to_nobody_else(site: Site, who: str) -> None:
    browser = reader(site, who)
    for disclosure, seeing in SEEING.items():
        for content in (samples.pdf(), samples.picture()):
            file = kept(site, content, disclosure=disclosure)
            answer = browser.get(f"/files/{file.token}")
            assert answer.status_code == (200 if who in seeing else 404), (disclosure, who)
            small = browser.get(f"/files/{file.token}/thumb")
            assert small.status_code == (200 if who in seeing and file.is_picture else 404)
            if answer.status_code == 200:
                check_headers(answer, public=disclosure is Disclosure.PUBLIC)
            else:
                assert answer.text.count(file.token) == browser.get(f"/files/{'0' * 40}").text.count("0" * 40)
                assert file.name not in answer.text


def check_headers(answer: TestResponse, *, public: bool) -> None:
    """What every file carries, whoever reads it."""
    headers = answer.headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cache-Control"] == ("public, max-age=3600" if public else "no-store")
    picture = headers["Content-Type"] == "image/jpeg"
    assert picture or headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"].startswith("inline" if picture else "attachment")
    assert "Set-Cookie" not in headers


@pytest.mark.both_databases
def test_what_is_handed_out_is_what_was_kept(site: Site, browser: Browser) -> None:
    public = kept(site, samples.pdf(), name="Шығу тегі №5.pdf", disclosure=Disclosure.PUBLIC)
    answer = browser.get(f"/kk/files/{public.token}")
    assert answer.data == samples.pdf()
    assert "filename*=UTF-8''%D0%A8%D1%8B%D2%93%D1%83%20" in answer.headers["Content-Disposition"]
    photo = kept(site, samples.photo_with_place(), purpose=Purpose.PHOTO)
    whole, small = (browser.get(f"/files/{photo.token}{ending}") for ending in ("", "/thumb"))
    assert whole.data == site.runtime.files.path(photo.token).read_bytes()
    assert small.data == site.runtime.files.path(photo.token, thumb=True).read_bytes()
    assert whole.headers["ETag"] != small.headers["ETag"]


def test_what_a_browser_has_already_is_not_sent_again(site: Site, browser: Browser) -> None:
    photo = kept(site, samples.picture(), purpose=Purpose.PHOTO)
    first = browser.get(f"/files/{photo.token}")
    again = browser.get(f"/files/{photo.token}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["Cache-Control"] == "public, max-age=3600"
    part = browser.get(f"/files/{photo.token}", headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert len(part.data) == photo.size


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (samples.office(), "жоспар.docx", rules.MEDIA_TYPES["docx"]),  # type: ignore[index]
        ("а;б\n1;2\n".encode("cp1251"), "кесте.csv", "text/csv"),
        (samples.cms(), "қол.p7s", "application/pkcs7-signature"),
        (samples.pdf(), "<script>alert(1)</script>.html", "application/pdf"),
    ],
)
def test_documents_are_only_ever_saved(site: Site, content: bytes, name: str, media_type: str) -> None:
    file = kept(site, content, name=name, purpose=Purpose.OTHER)
    answer = reader(site, "owner").get(f"/files/{file.token}")
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["Content-Disposition"].startswith("attachment; filename")
    assert "<" not in answer.headers["Content-Disposition"]
    assert ".html" not in answer.headers["Content-Disposition"]


def test_a_removed_file_is_not_there(site: Site, browser: Browser) -> None:
    photo = kept(site, samples.picture(), purpose=Purpose.PHOTO)
    assert browser.get(f"/files/{photo.token}").status_code == 200
    with site.runtime.database.transaction() as session:
        operations.remove(session, photo.token, actor=OWN, now=NOW)
    assert browser.get(f"/files/{photo.token}").status_code == 404


def test_a_content_that_was_lost_is_a_page_and_no_defect(site: Site, browser: Browser) -> None:
    photo = kept(site, samples.picture(), purpose=Purpose.PHOTO)
    site.runtime.files.remove(photo.token)
    page = browser.page(f"/kk/files/{photo.token}", 404)
    assert tr("files.not_found", "kk") in page.text


@pytest.mark.parametrize(
    "path", ["../../secret.key", "..%2f..%2fsecret.key", "%00", "ab", "incoming", "%2e%2e/thumb", "a" * 40 + ".thumb"]
)
def test_no_address_reaches_anything_else(site: Site, browser: Browser, path: str) -> None:
    (site.runtime.settings.home / "secret.key").write_text("the secret")
    answer = browser.get(f"/files/{path}")
    assert answer.status_code in (400, 404)
    assert b"the secret" not in answer.data


class SentForm(FlaskForm):
    """A form that takes a document and some photos."""

    permit = Upload("files.what.pdf", purpose=Purpose.PERMIT, needed=True)
    photos = Upload("files.what.jpeg", purpose=Purpose.PHOTO, most=2)


FORM = """{% extends "base.html" %}{% import "files.html" as files with context %}
{% block title %}files{% endblock %}
{% block main %}<h1>files</h1>
<form method="post" enctype="multipart/form-data">{{ form.csrf_token }}
{{ files.upload(form.permit, again=form.errors) }}
{{ files.upload(form.photos, again=form.errors) }}<button>send</button></form>
{{ files.listed(listed, remove="take_away", thing=7) }}{% endblock %}"""


@pytest.fixture
def sending(site: Site) -> Site:
    """The portal with one more form, which keeps what it is sent."""

    @auth.allow(auth.LISTERS)
    @takes_files(Purpose.PERMIT, most=3)
    def send() -> Any:
        form = SentForm()
        listed: list[StoredFile] = []
        status = 200
        if request.method == "POST":
            status = 422
            if form.validate():
                status = 200
                person = auth.person()
                for upload in (*form.permit.values, *form.photos.values):
                    file = operations.attach(
                        db(), owner=person.bin, upload=upload, actor=person.actor, uploader=person.id, now=NOW
                    )
                    operations.link(
                        db(), file.token, kind="test", entity_id=7, owner=person.bin, actor=person.actor, now=NOW
                    )
                listed = queries.used_by(db(), "test", [7])[7]
        return render_template_string(FORM, form=form, listed=listed), status

    @auth.allow(auth.LISTERS)
    def take_away(thing: int, token: str) -> str:
        operations.detach(db(), token, kind="test", entity_id=thing, actor=auth.person().actor, now=NOW)
        return "gone"

    site.app.add_url_rule("/send", "send", send, methods=["GET", "POST"])
    site.app.add_url_rule("/take/<int:thing>/<token>", "take_away", take_away, methods=["POST"])
    return site


@pytest.fixture
def sender(sending: Site) -> Browser:
    """Whoever may send."""
    browser = sending.browser()
    browser.sign_in(sending.account(AccountRole.OWNER, OWNER))
    return browser


def send(browser: Browser, *files: tuple[str, bytes, str], lang: str = "kk", **text: str) -> TestResponse:
    """Send files by the form: (field, content, name)."""
    token = Page(browser.get(f"/{lang}/send").text).hidden("csrf_token")
    data: dict[str, Any] = {"csrf_token": token, **text}
    for field, content, name in files:
        data.setdefault(field, []).append(FileStorage(io.BytesIO(content), name))
    return posted(browser, f"/{lang}/send", data)


def posted(browser: Browser, path: str, data: dict[str, Any]) -> TestResponse:
    """Send a form as browsers send files; encoded here, since the client would leave its spool open."""
    boundary, body = encode_multipart(data)
    content_type = f"multipart/form-data; boundary={boundary}"
    headers = {"Referer": "http://localhost/"}
    return browser.client.post(path, data=body, content_type=content_type, headers=headers)


def incoming(site: Site) -> list[Path]:
    return list((site.runtime.files.folder / "incoming").glob("*"))


PERMIT = ("permit", samples.pdf(), "рұқсат.pdf")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_files_are_sent_kept_shown_and_taken_away(sending: Site, sender: Browser, lang: str) -> None:
    answer = send(sender, PERMIT, ("photos", samples.photo_with_place(), "цех.jpg"), lang=lang)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert not page.faults
    (image,) = page.all("img")
    assert (image.attributes["width"], image.attributes["height"]) == ("240", "320")
    assert sender.get(str(image.attributes["src"])).headers["Content-Type"] == "image/jpeg"
    for said in (
        tr("files.pages", lang, n=2),
        tr("files.seen_by.state", lang),
        tr("files.seen_by.public", lang),
        tr("files.size.kib", lang, size=1),
    ):
        assert said in page.text
    assert incoming(sending) == []
    taken = [str(form.attributes["action"]) for form in page.all("form") if "/take/7/" in str(form.attributes)]
    assert len(taken) == 2
    assert sender.post(taken[0], {}, form=f"/{lang}/send").text == "gone"
    with sending.runtime.database.reading() as session:
        assert [file.name for file in queries.used_by(session, "test", [7])[7]] == ["цех.jpg"]


def test_the_field_says_what_it_takes(sender: Browser) -> None:
    page = sender.page("/ru/send")
    inputs = {field.attributes["name"]: field.attributes for field in page.all("input") if "accept" in field.attributes}
    assert "multiple" not in inputs["permit"]
    assert "multiple" in inputs["photos"]
    # Named so, a telephone sends its own format as JPEG.
    assert inputs["photos"]["accept"] == "image/jpeg,image/png,image/webp,.jpg,.jpeg"
    assert tr("files.hint", "ru", accepted=("JPEG", "PNG", "WEBP"), most=8.0) in page.text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_refused_file_is_named_at_its_field(sending: Site, sender: Browser, lang: str) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'>" + samples.SCRIPT + b"</svg>"
    answer = send(sender, PERMIT, ("photos", svg, "белгі.png"), ("photos", samples.pdf(), "паспорт.jpg"), lang=lang)
    assert answer.status_code == 422
    page = Page(answer.text)
    assert not page.faults
    assert tr("files.svg", lang, name="белгі.png") in page.text
    assert "паспорт.jpg" in page.text
    assert page.text.count(tr("files.choose_again", lang)) == 1
    assert incoming(sending) == []
    with sending.runtime.database.reading() as session:
        assert queries.used_by(session, "test", [7])[7] == []


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ((), "files.needed"),
        ((("permit", b"", ""),), "files.needed"),
        ((PERMIT, *[("photos", samples.picture(), f"{n}.jpg") for n in range(3)]), "files.at_most"),
    ],
)
def test_too_few_and_too_many_are_told(sender: Browser, files: tuple[tuple[str, bytes, str], ...], code: str) -> None:
    answer = send(sender, *files)
    assert answer.status_code == 422
    assert tr(code, "kk", most=2) in Page(answer.text).text


def test_text_in_the_place_of_a_file_is_no_file(sender: Browser) -> None:
    answer = send(sender, permit="../../etc/passwd")
    assert answer.status_code == 422
    assert tr("files.needed", "kk") in Page(answer.text).text


def test_a_file_above_its_limit_is_refused_at_its_field(sender: Browser) -> None:
    answer = send(sender, ("permit", b"%PDF-1.7" + b"x" * rules.DOCUMENT_BYTES, "үлкен.pdf"))
    assert answer.status_code == 422
    assert tr("files.too_large", "kk", name="үлкен.pdf", most=10.0) in Page(answer.text).text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_request_beyond_the_limit_is_a_page_that_says_it(sender: Browser, lang: str) -> None:
    answer = send(sender, *[("permit", b"x" * rules.DOCUMENT_BYTES, f"{n}.pdf") for n in range(5)], lang=lang)
    assert answer.status_code == 413
    page = Page(answer.text)
    assert not page.faults
    assert tr("files.request_too_large", lang, most=40.0) in page.text
    assert tr("files.request_too_large_remedy", lang) in page.text


def test_other_forms_stay_small_and_strangers_are_turned_away_first(sending: Site, sender: Browser) -> None:
    large = {"email": "x" * 600_000}
    assert sending.browser().client.post("/sign-in", data=large).status_code == 413
    assert tr("files.request_too_large_remedy", "ru") not in sending.browser().client.post("/sign-in", data=large).text
    stranger = posted(sending.browser(), "/send", {"permit": FileStorage(io.BytesIO(b"x" * 900_000), "a.pdf")})
    assert stranger.status_code == 302
    assert posted(sender, "/send", {"permit": FileStorage(io.BytesIO(b"x" * 900_000), "a.pdf")}).status_code == 400
    assert incoming(sending) == []


@pytest.mark.parametrize(
    ("size", "shown"), [((1600, 1200), (320, 240)), ((200, 100), (200, 100)), ((1, 60_000), (1, 320))]
)
def test_a_thumbnail_has_its_room_before_it_comes(size: tuple[int, int], shown: tuple[int, int]) -> None:
    assert thumb_size(StoredFile(width=size[0], height=size[1])) == shown


def test_contents_that_nobody_has_are_swept_each_day(site: Site) -> None:
    photo = kept(site, samples.picture(), purpose=Purpose.PHOTO)
    with site.runtime.database.transaction() as session:
        operations.remove(session, photo.token, actor=OWN, now=NOW)
    site.clock.now = NOW + timedelta(days=2)
    daily(site.runtime)
    while run_job(site.runtime) is not None:
        pass
    assert not site.runtime.files.path(photo.token).exists()
