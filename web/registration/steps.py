"""Registering an organisation: its number, what it is, what proves it. Each step can be left and come back to."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from flask import flash, g, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from registry.classifiers.models import Scheme
from registry.classifiers.queries import tree
from registry.classifiers.tree import Tree
from registry.errors import Conflict, NotFound, RuleBroken
from registry.explain import Violation
from registry.files.models import Purpose
from registry.files.operations import attach, detach, link
from registry.files.queries import used_by
from registry.identifiers import parse_holder
from registry.registration import operations, queries, rules
from registry.registration.models import Claim, ClaimState, ProofMethod
from registry.signing import LARGEST_CMS
from registry.wording import Message, tr
from web import auth, signing
from web.account.letters import wake_for_mail
from web.files import takes_bytes, takes_files
from web.registration.activities import activities_like, activity_code
from web.registration.blueprint import registration
from web.registration.forms import DOCUMENTS, NumberForm, OrganisationForm, ProofForm
from web.registration.places import DEEPEST, chosen_of, levels
from web.session import db, keep, runtime

Answer = str | tuple[str, int] | Response
Problems = list[tuple[str, Message]]

# What the files of a claim are kept under.
CLAIM = "claim"
# What signatures of registration are for.
SIGNING = "registration"


@registration.get("/register")
@auth.allow(auth.SIGNED_IN)
def begin() -> str:
    """Step 1, and the claims that the person has begun."""
    return _number_page(NumberForm(formdata=None))


@registration.post("/register")
@auth.allow(auth.SIGNED_IN)
def save_number() -> Answer:
    """Read the number; one that may be mistyped is asked for once more."""
    form = NumberForm()
    form.validate()
    try:
        digits = rules.read_number(form.bin.data or "", insisted=form.insisted.data or "")
    except RuleBroken as error:
        violation = error.violations[0]
        form.bin.errors = [violation.message]  # type: ignore[list-item]
        if violation.code == "registration.retype":
            form.insisted.data = parse_holder(form.bin.data or "").number
        return _number_page(form), 422
    try:
        claim = operations.begin(db(), digits.number, actor=auth.person().actor, now=runtime().now())
    except Conflict as error:
        form.bin.errors = [error.message]  # type: ignore[list-item]
        return _number_page(form), 409
    if claim.state is not ClaimState.DRAFT:
        return redirect(url_for("registration.claim", id=claim.id))
    return redirect(url_for("registration.organisation", id=claim.id))


@registration.get("/register/<int:id>/organisation")
@auth.allow(auth.SIGNED_IN)
def organisation(id: int) -> Answer:
    """Step 2, with what was kept of it, or what the register knows."""
    claim = _draft(id)
    if isinstance(claim, Response):
        return claim
    return _organisation_page(OrganisationForm(formdata=None, data=claim.values), claim)


@registration.post("/register/<int:id>/organisation")
@auth.allow(auth.SIGNED_IN)
def save_organisation(id: int) -> Answer:
    """Keep what stands in the form, whatever it is; go on where it is right, and where asked to."""
    form = OrganisationForm()
    shaped = form.validate()
    claim = _draft(id)
    if isinstance(claim, Response):
        return claim
    keep()
    claim = operations.keep(db(), id, stated(form), actor=auth.person().actor, now=runtime().now())
    match request.form.get("do"):
        case "place" | "activity" as what:
            return _organisation_page(form, claim, opened=what)
        case "later":
            flash(tr("web.registration.kept", g.lang))
            return redirect(url_for("account.own"))
    problems = refuse(form, rules.check_values(claim.values))
    if problems or not shaped:
        return _organisation_page(form, claim), 422
    return redirect(url_for("registration.proof", id=id))


@registration.get("/register/<int:id>/proof")
@auth.allow(auth.SIGNED_IN)
def proof(id: int) -> Answer:
    """Step 3."""
    claim = _draft(id)
    return claim if isinstance(claim, Response) else _proof_page(ProofForm(formdata=None), claim)


@registration.post("/register/<int:id>/proof")
@auth.allow(auth.SIGNED_IN)
@takes_files(Purpose.AUTHORITY, DOCUMENTS)
def save_proof(id: int) -> Answer:
    """Keep the files that were sent, whatever else is wrong; hand the claim in where nothing is."""
    form, person, now = ProofForm(), auth.person(), runtime().now()
    shaped = form.validate()
    claim = _draft(id)
    if isinstance(claim, Response):
        return claim
    keep()
    for upload in form.document.values:
        kept = attach(db(), owner=claim.bin, upload=upload, actor=person.actor, uploader=person.id, now=now)
        link(db(), kept.token, kind=CLAIM, entity_id=id, owner=claim.bin, actor=person.actor, now=now)
    if not shaped or request.form.get("do") == "attach":
        return _proof_page(form, claim), 422 if form.errors else 200
    if request.form.get("do") == "sign":
        operations.keep(db(), id, {"consents": sorted(form.consents())}, actor=person.actor, now=now)
        if refuse(form, (*rules.check_values(claim.values), *rules.check_consents(form.consents()))):
            return _proof_page(form, claim), 422
        return redirect(url_for("registration.sign", id=id))
    try:
        # A savepoint: what a refusal leaves half done is undone, and the files that were sent are kept.
        with db().begin_nested():
            operations.submit(
                db(),
                id,
                method=ProofMethod.DOCUMENT,
                documents=len(used_by(db(), CLAIM, [id]).get(id, ())),
                consents=form.consents(),
                note=form.note.data,
                on=runtime().today(),
                actor=person.actor,
                now=now,
            )
    except RuleBroken as error:
        refuse(form, error.violations)
        return _proof_page(form, claim), 422
    wake_for_mail()
    return redirect(url_for("registration.claim", id=id))


@registration.get("/register/<int:id>/sign")
@auth.allow(auth.SIGNED_IN)
def sign(id: int) -> Answer:
    """The text to sign with the organisation's own key: then no person need look at a document."""
    claim = _draft(id)
    if isinstance(claim, Response):
        return claim
    if not signing.offered() or rules.check_values(claim.values) or rules.check_consents(_agreed(claim)):
        return redirect(url_for("registration.proof", id=id))
    return _sign_page(signing.box(SIGNING, _about(claim.bin), _declared(claim), speaks_for=claim.bin), claim)


@registration.post("/register/<int:id>/sign")
@auth.allow(auth.SIGNED_IN)
@takes_bytes(LARGEST_CMS)
def save_signature(id: int) -> Answer:
    """Take the signature: the organisation is published at once."""
    # Read apart from the request's transaction, which begins only once the signature was checked.
    with runtime().database.reading() as reading:
        claim = queries.own_claim(reading, id, auth.person().id)
    if claim.state is not ClaimState.DRAFT or not signing.offered():
        return redirect(url_for("registration.claim", id=id))
    done = signing.taken(SIGNING, _about(claim.bin), _declared(claim), speaks_for=claim.bin)
    if isinstance(done, signing.Box):
        return _sign_page(done, claim), 422
    person, on, now = auth.person(), runtime().today(), runtime().now()
    operations.prove_by_signature(db(), id, done, consents=_agreed(claim), on=on, actor=person.actor, now=now)
    wake_for_mail()
    return redirect(url_for("registration.claim", id=id))


def _about(bin: str) -> str:
    """What a signature is for, as it is kept with it."""
    return f"supplier:{bin}"


def _agreed(claim: Claim) -> frozenset[str]:
    return frozenset(claim.values.get("consents") or ())


def _declared(claim: Claim) -> Message:
    return Message("registration.declared", {"bin": claim.bin, "name": str(claim.values.get("name") or "")})


def _sign_page(box: signing.Box, claim: Claim) -> str:
    return render_template("registration/sign.html", box=box, claim=claim)


@registration.post("/register/<int:id>/files/<token>/remove")
@auth.allow(auth.SIGNED_IN)
def remove_file(id: int, token: str) -> Answer:
    """Take a file of a draft away again."""
    claim = _draft(id)
    if isinstance(claim, Response):
        return claim
    # One that is gone already is as gone as it should be: a button is pressed twice.
    with suppress(NotFound):
        detach(db(), token, kind=CLAIM, entity_id=id, actor=auth.person().actor, now=runtime().now())
    return redirect(url_for("registration.proof", id=id))


@registration.get("/register/<int:id>")
@auth.allow(auth.SIGNED_IN)
def claim(id: int) -> Answer:
    """How a claim of one's own stands, and what to do meanwhile."""
    found = queries.own_claim(db(), id, auth.person().id)
    if found.state is ClaimState.DRAFT:
        return redirect(url_for("registration.organisation", id=id))
    return render_template(
        "registration/claim.html",
        claim=found,
        reasons=[Message.from_json(reason) for reason in found.reasons or ()],
        files=used_by(db(), CLAIM, [id]).get(id, ()),
        owner=queries.known(db(), found.bin, runtime().today()).owner_id == auth.person().id,
    )


@registration.post("/register/<int:id>/withdraw")
@auth.allow(auth.SIGNED_IN)
def withdraw(id: int) -> Response:
    """Take a claim back."""
    operations.withdraw_claim(db(), id, on=runtime().today(), actor=auth.person().actor, now=runtime().now())
    flash(tr("web.registration.withdrawn", g.lang))
    return redirect(url_for("account.own"))


@registration.get("/places.json")
@auth.allow(auth.ANYONE)
def places() -> Response:
    """What lies in a place, for pages that fill their lists without being sent."""
    kato, above = _tree(Scheme.KATO), request.args.get("in", "")
    found = [{"code": node.code or node.key, "name": node.name(g.lang)} for node in kato.children(above)]
    level = min(len(kato.ancestors(above)), DEEPEST - 1)
    return jsonify(
        places=found,
        label=tr(f"web.registration.level.{level}", g.lang),
        choose=tr("web.registration.level.choose", g.lang),
    )


@registration.get("/activities.json")
@auth.allow(auth.ANYONE)
def activities() -> Response:
    """Activities by words or by the beginning of their code, as suggestions for what is being typed."""
    found = activities_like(_tree(Scheme.OKED), request.args.get("q", ""))
    return jsonify(suggestions=[f"{node.code} {node.name(g.lang)}" for node in found])


def stated(form: OrganisationForm) -> dict[str, Any]:
    """What a form says of an organisation, right or wrong."""
    return {
        **{name: form[name].data or None for name in ("name", "role", "phone", "email", "address")},
        "kato": chosen_of(_tree(Scheme.KATO), request.form),
        "oked": activity_code(_tree(Scheme.OKED), request.form.get("oked_code") or form.oked.data or ""),
        "oked_typed": form.oked.data,
    }


def shown(form: OrganisationForm, values: Mapping[str, Any], opened: str | None) -> dict[str, Any]:
    """What the fields of an organisation are drawn from, besides the form itself."""
    activities, code = _tree(Scheme.OKED), values.get("oked") or ""
    chosen = activities.node(code)
    if form.oked.data is None and chosen is not None:
        form.oked.data = f"{chosen.code} {chosen.name(g.lang)}"
    typed = values.get("oked_typed") or ""
    return {
        "form": form,
        "problems": [(field.id, error) for field in form for error in field.errors] + _said(form),
        "place_errors": [message for _, message in _said(form)],
        "levels": levels(_tree(Scheme.KATO), values.get("kato")),
        "found": activities_like(activities, typed) if typed and chosen is None else [],
        "unknown": bool(code) and chosen is None,
        "chosen": chosen,
        "opened": opened,
    }


def _tree(scheme: Scheme) -> Tree:
    return tree(db(), scheme, runtime().today())


def _draft(id: int) -> Claim | Response:
    """A draft of one's own; of a claim that was handed in, the way to its page."""
    found = queries.own_claim(db(), id, auth.person().id)
    return found if found.state is ClaimState.DRAFT else redirect(url_for("registration.claim", id=id))


def refuse(form: Any, violations: tuple[Violation, ...]) -> Problems:
    """Say at the fields what the rules have against them; what belongs to no field is said at the whole."""
    problems: Problems = []
    form.beside = []
    for violation in violations:
        if violation.field in form:
            field = form[violation.field]
            field.errors = [*field.errors, violation.message]
        else:
            form.beside.append(("place-0", violation.message))
        problems.append((violation.field, violation.message))
    return problems


def _number_page(form: NumberForm) -> str:
    return render_template(
        "registration/number.html",
        form=form,
        problems=[("bin", error) for error in form.bin.errors],
        begun=queries.claims_of(db(), auth.person().id),
    )


def _organisation_page(form: OrganisationForm, claim: Claim, opened: str | None = None) -> str:
    return render_template(
        "registration/organisation.html",
        **shown(form, claim.values, opened),
        claim=claim,
        digits=rules.said_by(parse_holder(claim.bin)),
        known=queries.known(db(), claim.bin, runtime().today()),
    )


def _said(form: OrganisationForm) -> Problems:
    """What is wrong with the place, which is no field of the form's own."""
    return list(getattr(form, "beside", []))


def _proof_page(form: ProofForm, claim: Claim) -> str:
    files = used_by(db(), CLAIM, [claim.id]).get(claim.id, ())
    return render_template(
        "registration/proof.html",
        form=form,
        problems=[(field.id, error) for field in form for error in field.errors],
        claim=claim,
        files=files,
        place=_tree(Scheme.KATO).path(claim.values.get("kato") or "", g.lang),
        activity=_tree(Scheme.OKED).node(claim.values.get("oked") or ""),
        incomplete=rules.check_values(claim.values),
        can_sign=signing.offered(),
        digits=rules.said_by(parse_holder(claim.bin)),
    )
