"""Files kept, linked, shown to some, removed and swept: in the caller's transaction, without half states."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.accounts.models import AccountRole
from registry.accounts.operations import open_account
from registry.accounts.rules import Actor
from registry.audit import AuditRow
from registry.db import Database
from registry.errors import Conflict, NotAllowed, NotFound, RuleBroken
from registry.files import operations, queries, rules
from registry.files.contents import Form
from registry.files.intake import Prepared, prepare
from registry.files.models import Disclosure, FileUse, Purpose, StoredFile
from registry.files.operations import Swept, attach, detach, disclose, link, remove, share, sweep, unlink, unshare
from registry.files.store import Store
from tests.architecture import ROOT
from tests.factories import NOW
from tests.registry.files import samples

pytestmark = pytest.mark.both_databases

OWNER, OTHER = "110440012951", "020940000580"
OWN = Actor("own@plant.example", AccountRole.OWNER, OWNER)
RIVAL = Actor("rival@plant.example", AccountRole.OWNER, OTHER)
EXPERT = Actor("expert@institute.example", AccountRole.EXPERT)
LATER = NOW + timedelta(days=2)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "files")


@pytest.fixture
def uploader(database: Database) -> int:
    """An account that sends files."""
    with database.transaction() as session:
        account = open_account(
            session,
            email=OWN.name,
            name="The editor",
            password="a long enough phrase",
            lang="kk",
            actor=Actor("test"),
            now=NOW,
        )
        return account.id


def document(store: Store, name: str = "сертификат.pdf", pages: int = 2, purpose: Purpose = Purpose.ORIGIN) -> Prepared:
    return prepare(store, io.BytesIO(samples.pdf(pages=pages)), name=name, purpose=purpose, now=NOW)


def photo(store: Store) -> Prepared:
    return prepare(store, io.BytesIO(samples.picture()), name="цех.png", purpose=Purpose.PHOTO, now=NOW)


def kept(session: Session, store: Store, upload: Prepared | None = None, **given: object) -> StoredFile:
    values: dict[str, object] = {"owner": OWNER, "actor": OWN, "now": NOW, **given}
    return attach(session, upload=upload or document(store), **values)  # type: ignore[arg-type]


def lying(store: Store) -> set[str]:
    """Names of what lies in the store, by its folder."""
    return {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*") if path.is_file()}


def test_a_file_is_kept_with_its_row_and_written_down(database: Database, store: Store, uploader: int) -> None:
    upload = document(store)
    with database.transaction() as session:
        file = kept(session, store, upload, uploader=uploader)
        token = file.token
    with database.reading() as session:
        found = queries.by_token(session, token)
        assert found is not None
        assert (found.owner, found.uploader_id, found.purpose, found.name) == (
            OWNER,
            uploader,
            Purpose.ORIGIN,
            "сертификат.pdf",
        )
        assert (found.form, found.pages, found.width, found.created_at) == (Form.PDF, 2, None, NOW)
        assert (found.disclosure, found.is_picture) == (Disclosure.STATE, False)
        assert store.path(token).read_bytes() == samples.pdf()
        assert queries.files_of(session, [found.id, 77]) == {found.id: found}
        row = session.scalars(select(AuditRow).where(AuditRow.kind == "file")).one()
        assert (row.actor, row.action, row.entity_id) == (OWN.name, "attached", found.id)
        assert row.after is not None
        assert token not in str(row.after)
    assert lying(store) == {f"{token[:2]}/{token}"}


def test_a_picture_is_kept_with_its_thumbnail(database: Database, store: Store) -> None:
    with database.transaction() as session:
        file = kept(session, store, photo(store))
    assert (file.width, file.height, file.disclosure) == (640, 480, Disclosure.PUBLIC)
    assert lying(store) == {f"{file.token[:2]}/{file.token}", f"{file.token[:2]}/{file.token}.thumb"}


def test_what_is_rolled_back_is_reached_by_nobody_and_swept_after_a_day(database: Database, store: Store) -> None:
    upload = document(store)
    with pytest.raises(RuntimeError), database.transaction() as session:
        kept(session, store, upload)
        raise RuntimeError
    with database.reading() as session:
        assert queries.by_token(session, upload.token) is None
    assert len(lying(store)) == 1
    assert sweep(database, store, now=NOW + timedelta(hours=23)) == Swept(0, 0, 0)
    assert sweep(database, store, now=LATER) == Swept(0, 1, 0)
    assert lying(store) == set()
    assert sweep(database, store, now=LATER) == Swept(0, 0, 0)


KILLED = """
import io, sys, time
from datetime import datetime
from pathlib import Path
import web.tables
from registry.accounts.rules import Actor
from registry.db import Database
from registry.files.intake import prepare
from registry.files.models import Purpose
from registry.files.operations import attach
from registry.files.store import Store
now = datetime.fromisoformat(sys.argv[3])
upload = prepare(Store(Path(sys.argv[2])), open(sys.argv[4], "rb"), name="a.pdf", purpose=Purpose.ORIGIN, now=now)
with Database(sys.argv[1]).transaction() as session:
    file = attach(session, owner="110440012951", upload=upload, actor=Actor("killed"), now=now)
    print(file.token, flush=True)
    time.sleep(60)
"""


def test_a_process_killed_just_before_its_commit_leaves_nothing_that_is_reached(
    database: Database, database_url: str, store: Store, tmp_path: Path
) -> None:
    document_path = tmp_path / "a.pdf"
    document_path.write_bytes(samples.pdf())
    command = [sys.executable, "-c", KILLED, database_url, str(store.folder), NOW.isoformat(), str(document_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        token = child.stdout.readline().strip()
        child.send_signal(signal.SIGKILL)
    assert store.path(token).read_bytes() == samples.pdf()
    with database.reading() as session:
        assert queries.by_token(session, token) is None
    assert sweep(database, store, now=LATER) == Swept(0, 1, 0)
    assert lying(store) == set()


def test_what_came_in_and_was_never_kept_is_swept_after_a_day(database: Database, store: Store) -> None:
    document(store)
    photo(store)
    assert sweep(database, store, now=NOW + timedelta(hours=23)) == Swept(0, 0, 0)
    assert sweep(database, store, now=LATER) == Swept(0, 0, 3)
    assert lying(store) == set()


def test_a_sweep_of_nothing_is_no_fault(database: Database, store: Store) -> None:
    assert sweep(database, store, now=NOW) == Swept(0, 0, 0)


def test_living_files_outlast_every_sweep(database: Database, store: Store) -> None:
    with database.transaction() as session:
        kept(session, store)
        kept(session, store, photo(store))
    before = lying(store)
    assert sweep(database, store, now=LATER) == Swept(0, 0, 0)
    assert lying(store) == before


def test_a_removed_file_is_gone_at_once_and_its_content_with_the_next_sweep(database: Database, store: Store) -> None:
    with database.transaction() as session:
        file = kept(session, store, photo(store))
    with database.transaction() as session:
        remove(session, file.token, actor=OWN, now=NOW)
    with database.reading() as session:
        assert queries.by_token(session, file.token) is None
        assert queries.files_of(session, [file.id]) == {}
    assert sweep(database, store, now=NOW) == Swept(1, 0, 0)
    assert lying(store) == set()
    assert sweep(database, store, now=LATER) == Swept(0, 0, 0)
    with database.transaction() as session, pytest.raises(NotFound):
        remove(session, file.token, actor=OWN, now=NOW)


def test_the_same_file_sent_twice_by_one_person_is_one(database: Database, store: Store, uploader: int) -> None:
    first, second, renamed = document(store), document(store), document(store, "көшірме.pdf")
    with database.transaction() as session:
        ids = [kept(session, store, one, uploader=uploader).id for one in (first, second, renamed)]
        ids.append(kept(session, store, document(store), uploader=None).id)
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    second.discard()
    assert len(lying(store)) == 3


def test_the_same_file_sent_twice_at_one_moment_is_one(database: Database, store: Store, uploader: int) -> None:
    uploads = [document(store) for _ in range(4)]
    ids: list[int] = []

    def send(upload: Prepared) -> None:
        with database.transaction() as session:
            ids.append(kept(session, store, upload, uploader=uploader).id)

    threads = [threading.Thread(target=send, args=(upload,)) for upload in uploads]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


@pytest.mark.parametrize(
    ("purpose", "owner", "actor", "allowed"),
    [
        (Purpose.PHOTO, OWNER, RIVAL, False),
        (Purpose.AUTHORITY, OWNER, RIVAL, True),
        (Purpose.PROTOCOL, None, OWN, False),
        (Purpose.PROTOCOL, None, EXPERT, True),
    ],
)
def test_who_may_send(
    database: Database, store: Store, purpose: Purpose, owner: str | None, actor: Actor, allowed: bool
) -> None:
    upload = photo(store) if purpose is Purpose.PHOTO else document(store, purpose=purpose)
    with database.transaction() as session:
        if allowed:
            assert kept(session, store, upload, owner=owner, actor=actor).owner == owner
        else:
            with pytest.raises(NotAllowed):
                kept(session, store, upload, owner=owner, actor=actor)


def test_room_is_counted_without_what_strangers_send(
    database: Database, store: Store, uploader: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "FILES_OF_ONE", 2)
    monkeypatch.setattr(rules, "CLAIMS_OF_ONE", 1)
    with database.transaction() as session:
        claim = document(store, "сенімхат.pdf", purpose=Purpose.AUTHORITY)
        kept(session, store, claim, actor=RIVAL, uploader=uploader)
        with pytest.raises(RuleBroken) as caught:
            kept(session, store, document(store, "б.pdf", purpose=Purpose.AUTHORITY), actor=RIVAL, uploader=uploader)
        assert caught.value.violations[0].code == "files.too_many_claims"
        first = kept(session, store, document(store, "1.pdf"))
        kept(session, store, document(store, "2.pdf"))
        with pytest.raises(RuleBroken) as caught:
            kept(session, store, document(store, "3.pdf"))
        assert caught.value.violations[0].code == "files.too_many"
        remove(session, first.token, actor=OWN, now=NOW)
        kept(session, store, document(store, "3.pdf"))


def test_bytes_are_counted_together(database: Database, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = document(store)
    monkeypatch.setattr(rules, "BYTES_OF_ONE", upload.size + 10)
    with database.transaction() as session:
        kept(session, store, upload)
        with pytest.raises(RuleBroken) as caught:
            kept(session, store, document(store, "2.pdf"))
        assert caught.value.violations[0].code == "files.no_room"


def test_files_belong_to_things_in_their_order(database: Database, store: Store) -> None:
    with database.transaction() as session:
        one, two, three = (kept(session, store, document(store, f"{n}.pdf", n)) for n in (1, 2, 3))
        for file in (one, two, three):
            link(session, file.token, kind="product", entity_id=7, owner=OWNER, actor=OWN, now=NOW)
        link(session, one.token, kind="product", entity_id=8, owner=OWNER, actor=OWN, now=NOW)
        link(session, one.token, kind="claim", entity_id=7, owner=OWNER, actor=OWN, now=NOW)
        link(session, two.token, kind="product", entity_id=7, owner=OWNER, actor=OWN, now=NOW)
        assert queries.used_by(session, "product", [7, 8, 9]) == {7: [one, two, three], 8: [one], 9: []}
        link(session, three.token, kind="product", entity_id=7, owner=OWNER, position=-1, actor=OWN, now=NOW)
        assert queries.used_by(session, "product", [7]) == {7: [three, one, two]}
        unlink(session, one.token, kind="product", entity_id=7, actor=OWN, now=NOW)
        unlink(session, one.token, kind="product", entity_id=7, actor=OWN, now=NOW)
        assert queries.used_by(session, "product", [7]) == {7: [three, two]}
        actions = list(session.scalars(select(AuditRow.action).where(AuditRow.kind == "file").order_by(AuditRow.id)))
    assert actions == ["attached"] * 3 + ["linked"] * 6 + ["unlinked"]


def test_what_belongs_to_something_is_not_removed(database: Database, store: Store) -> None:
    with database.transaction() as session:
        file = kept(session, store)
        for number in (7, 8):
            link(session, file.token, kind="product", entity_id=number, owner=OWNER, actor=OWN, now=NOW)
        with pytest.raises(Conflict):
            remove(session, file.token, actor=OWN, now=NOW)
        detach(session, file.token, kind="product", entity_id=7, actor=OWN, now=NOW)
        assert queries.by_token(session, file.token) is not None
        detach(session, file.token, kind="product", entity_id=8, actor=OWN, now=NOW)
        assert queries.by_token(session, file.token) is None
        assert queries.used_by(session, "product", [7, 8]) == {7: [], 8: []}


def test_anothers_file_is_not_found_whatever_is_wanted_of_it(database: Database, store: Store) -> None:
    with database.transaction() as session:
        file = kept(session, store)
        for wanted in (
            lambda: remove(session, file.token, actor=RIVAL, now=NOW),
            lambda: link(session, file.token, kind="product", entity_id=1, owner=OTHER, actor=RIVAL, now=NOW),
            lambda: link(session, file.token, kind="product", entity_id=1, owner=OTHER, actor=OWN, now=NOW),
            lambda: unlink(session, file.token, kind="product", entity_id=1, actor=RIVAL, now=NOW),
            lambda: disclose(session, file.token, Disclosure.PUBLIC, actor=RIVAL, now=NOW),
            lambda: share(session, file.token, OTHER, actor=RIVAL, now=NOW),
            lambda: remove(session, file.token, actor=EXPERT, now=NOW),
            lambda: remove(session, "f" * 40, actor=OWN, now=NOW),
        ):
            with pytest.raises(NotFound):
                wanted()
        assert session.scalars(select(FileUse)).all() == []


def test_who_sees_it_is_said_anew(database: Database, store: Store) -> None:
    with database.transaction() as session:
        evidence, permit = kept(session, store), kept(session, store, document(store, purpose=Purpose.PERMIT))
        disclose(session, evidence.token, Disclosure.PUBLIC, actor=OWN, now=NOW)
        disclose(session, evidence.token, Disclosure.PUBLIC, actor=OWN, now=NOW)
        with pytest.raises(RuleBroken):
            disclose(session, permit.token, Disclosure.PUBLIC, actor=OWN, now=NOW)
        with pytest.raises(RuleBroken):
            kept(session, store, document(store, purpose=Purpose.OTHER), disclosure=Disclosure.PUBLIC)
        changed = session.scalars(select(AuditRow).where(AuditRow.action == "disclosed")).one()
        assert (changed.before, changed.after) == ({"disclosure": "state"}, {"disclosure": "public"})


def test_a_file_is_shared_by_name_and_taken_back(database: Database, store: Store) -> None:
    with database.transaction() as session:
        file = kept(session, store)
        share(session, file.token, OTHER, actor=OWN, now=NOW)
        share(session, file.token, OTHER, actor=OWN, now=NOW)
        assert queries.parties(session, file.id) == {OTHER}
        unshare(session, file.token, OTHER, actor=OWN, now=NOW)
        unshare(session, file.token, OTHER, actor=OWN, now=NOW)
        assert queries.parties(session, file.id) == frozenset()


@pytest.mark.parametrize(
    "wrong",
    [
        {"disclosure": Disclosure.PUBLIC},
        {"size": 0},
        {"token": "short"},
        {"width": 5, "height": 5},
        {"emptied_at": NOW},
        {"owner": "12"},
    ],
)
def test_the_database_itself_refuses_what_cannot_be(database: Database, store: Store, wrong: dict[str, object]) -> None:
    values: dict[str, object] = {
        "token": "a" * 40,
        "owner": OWNER,
        "purpose": Purpose.PERMIT,
        "name": "рұқсат.pdf",
        "form": Form.PDF,
        "size": 5,
        "sha256": "b" * 64,
        "disclosure": Disclosure.STATE,
        "created_at": NOW,
    }
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(StoredFile(**{**values, **wrong}))


def test_a_content_older_than_a_day_whose_transaction_is_long_gone_is_told_from_living_ones_in_batches(
    database: Database, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "_BATCH", 2)
    with database.transaction() as session:
        living = [kept(session, store, document(store, f"{n}.pdf", n)) for n in range(1, 6)]
    with database.transaction() as session:
        for file in living[:3]:
            remove(session, file.token, actor=OWN, now=NOW)
    assert sweep(database, store, now=LATER) == Swept(3, 0, 0)
    assert lying(store) == {f"{file.token[:2]}/{file.token}" for file in living[3:]}
