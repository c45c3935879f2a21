"""A register with a supplier whose lines are to be confirmed, and the people who do it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from inspect import signature
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import law
from registry.accounts.models import Account, AccountRole
from registry.accounts.operations import grant, open_account
from registry.accounts.rules import SPEAKING_FOR_ONE, Actor
from registry.evidence.goods import EvidenceFact
from registry.evidence.models import EvidenceStatus
from registry.evidence.queries import good
from registry.evidence.rules import State, standing
from registry.messages import Letter
from registry.verification import appeals, applications, decisions, examination, exclusions, quarters, queries, visits
from registry.verification.models import Case, CaseKind, Outcome
from registry.verification.rules import Proposal
from tests.factories import add_product, add_supplier, fact, product_line, supplier_line

# A Monday; the evidence of the factories is in force.
DAY = date(2026, 11, 23)
_OPERATIONS = (applications, quarters, appeals, exclusions, examination, visits, decisions)


def address(case_id: int, lang: str) -> str:
    return f"https://portal.example/{lang}/desk/cases/{case_id}"


def moment(on: date) -> datetime:
    """Noon in Almaty."""
    return datetime(on.year, on.month, on.day, 7, tzinfo=UTC)


@dataclass
class World:
    """One supplier with two lines, its owner, two experts, two heads."""

    session: Session
    bin: str = ""
    supplier_id: int = 0
    lines: list[int] = field(default_factory=list)
    people: dict[str, Actor] = field(default_factory=dict)

    @classmethod
    def build(cls, session: Session, *, status: EvidenceStatus = EvidenceStatus.CLAIMED) -> World:
        world = cls(session)
        line, world.supplier_id = add_supplier(session, supplier_line(), on=date(2026, 1, 5))
        world.bin = line.bin
        for number in (1, 2):
            one = product_line(line.bin, name_ru=f"Насос {number}", name_kk=None, name_en=None)
            document = fact(number=f"KTP-{line.bin}-{number}", status=status)
            world.lines.append(add_product(session, one, document, on=date(2026, 2, 3)))
        for name, role in (
            ("owner", AccountRole.OWNER),
            ("expert", AccountRole.EXPERT),
            ("expert2", AccountRole.EXPERT),
            ("head", AccountRole.HEAD),
            ("head2", AccountRole.HEAD),
        ):
            world.person(name, role, line.bin if role in SPEAKING_FOR_ONE else "")
        return world

    def person(self, name: str, role: AccountRole, scope: str = "") -> Actor:
        """Somebody of a role."""
        program, now = Actor("test"), moment(date(2026, 1, 5))
        opened = open_account(
            self.session,
            email=f"{name}-{self.bin}@portal.example",
            name=name.capitalize(),
            password="a long enough phrase",
            lang="ru",
            actor=program,
            now=now,
        )
        grant(self.session, opened.id, role, scope, actor=program, now=now)
        self.people[name] = Actor(opened.email, role, scope, opened.id)
        return self.people[name]

    def call(self, name: str, who: str, *args: Any, on: date = DAY, **more: Any) -> Any:
        """Run an operation as somebody, on a day."""
        function = next(getattr(subject, name) for subject in _OPERATIONS if hasattr(subject, name))
        names = signature(function).parameters
        if "on" in names and "on" not in more:
            more["on"] = on
        if "address" in names:
            more["address"] = address
        return function(self.session, *args, actor=self.people[who], now=moment(on), **more)

    def submitted(self, lines: list[int] | None = None, on: date = DAY) -> Case:
        """An admission that was handed in."""
        case = self.call("draft_admission", "owner", self.bin, lines or self.lines, on=on)
        return self.call("submit", "owner", case.id, version=case.version, on=on)

    def concluded(
        self,
        case: Case,
        outcome: Outcome,
        *,
        lines: tuple[int, ...] = (),
        expert: str = "expert",
        on: date = DAY,
        **more: Any,
    ) -> Case:
        """The case given to the expert and concluded so."""
        # An appeal is others' to hand out and to judge.
        anew = case.kind is CaseKind.APPEAL
        self.call("hand_out", "head2" if anew else "head", [case.id], self.people[expert].account_id, on=on)
        members = ("Г. Пак", "Д. Сон") if anew else ("А. Ли", "Б. Ким")
        proposal = Proposal(outcome=outcome, on=on, members=members, lines=lines, **more)
        self.call("conclude", expert, case.id, proposal, version=case.version, on=on)
        return case

    def sign(self, case: Case, who: str = "head", on: date = DAY) -> Case:
        """The head signs what was concluded."""
        read = queries.protocols(self.session, case.id)[0].id
        return self.call("sign", who, case.id, read, version=case.version, on=on)

    def states(self, on: date = DAY) -> list[State]:
        """How the lines stand on a day."""
        return [standing(good(self.session, one, on, own=True).evidence, on, law.on(on)).state for one in self.lines]

    def facts(self, on: date = DAY) -> list[EvidenceFact]:
        """The documents of the lines on a day."""
        return [one for line in self.lines for one in good(self.session, line, on, own=True).evidence]

    def letters(self) -> list[tuple[str, str]]:
        """To whom was written, and about what."""
        return [
            (one.to.split("-")[0], one.body["code"].removeprefix("cases.letter.").removesuffix(".body"))
            for one in self.session.scalars(select(Letter).order_by(Letter.id))
            if one.body is not None
        ]

    def account(self, name: str) -> Account:
        """The account of somebody."""
        return self.session.get_one(Account, self.people[name].account_id)
