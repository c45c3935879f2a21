"""The blueprint that the pages of the desk share, and whose desk it is."""

from __future__ import annotations

from flask import Blueprint

from registry.db import after_commit
from registry.errors import NotFound
from registry.suppliers.queries import SupplierRow
from registry.suppliers.queries import supplier as supplier_on
from registry.wording import Message
from web import auth
from web.session import db, runtime

desk = Blueprint("supplier", __name__, url_prefix="/desk")


def own_supplier() -> SupplierRow:
    """The supplier that the person speaks for; nothing on the desk asks for another's."""
    bin = auth.person().bin or ""
    try:
        return supplier_on(db(), bin, runtime().today(), own=True)
    except NotFound as error:
        raise NotFound(Message("web.desk.no_supplier", {"bin": bin})) from error


def wake() -> None:
    """Tell the worker, once the request is committed, that the index has something to do."""
    call = runtime().wake
    after_commit(db(), lambda: call(None))
