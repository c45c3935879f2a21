"""The models of every floor, imported, so that `METADATA` is whole: what migrations are compared with."""

import matching.alerts.models
import matching.codes.models
import matching.engine.models
import matching.needs.models  # noqa: F401
import registry.accounts.models
import registry.audit
import registry.bulk
import registry.catalogue.models
import registry.classifiers.models
import registry.customers.models
import registry.evidence.models
import registry.files.models
import registry.jobs
import registry.messages
import registry.outbox
import registry.registration.models
import registry.sightings.models
import registry.signing
import registry.suppliers.models
import registry.uploads.models
import registry.verification.models  # noqa: F401
from registry.db import Base

METADATA = Base.metadata
