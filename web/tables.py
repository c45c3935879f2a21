"""The models of every floor, imported, so that `METADATA` is whole: what migrations are compared with."""

import matching.engine.models
import matching.needs.models  # noqa: F401
import registry.accounts.models
import registry.audit
import registry.bulk
import registry.catalogue.models
import registry.classifiers.models
import registry.customers.models
import registry.evidence.models
import registry.jobs
import registry.messages
import registry.outbox
import registry.suppliers.models  # noqa: F401
from registry.db import Base

METADATA = Base.metadata
