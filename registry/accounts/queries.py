"""Accounts as they stand."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import Account
from registry.accounts.rules import folded_email


def account(session: Session, account_id: int) -> Account | None:
    """The account of this id; None when it is gone: whoever carries the id is then simply not signed in."""
    return session.get(Account, account_id)


def account_by_email(session: Session, email: str) -> Account | None:
    """The account with this address, however it is written; None when there is none."""
    return session.execute(select(Account).where(Account.email == folded_email(email))).scalar_one_or_none()
