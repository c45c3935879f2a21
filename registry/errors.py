"""What can go wrong for a user of the registry; web turns each into a page, an API answer or a line of the CLI."""

from collections.abc import Iterable

from registry.explain import Violation
from registry.wording import Message


class RegistryError(Exception):
    """A fault that its user can be told of; `message` says what happened and what to do."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return f"{self.message.code} {dict(self.message.params)}" if self.message.params else self.message.code


class NotFound(RegistryError):
    """There is no such thing, or none that may be shown."""


class NotAllowed(RegistryError):
    """The actor may not do this."""


class Conflict(RegistryError):
    """Somebody else has changed it meanwhile, or it exists already."""


class Overtaken(Conflict):
    """It was changed by somebody else since its editor read it."""


class RuleBroken(RegistryError):
    """One or more rules forbid it; each violation names its field and its source."""

    def __init__(self, violations: Iterable[Violation]) -> None:
        self.violations = tuple(violations)
        if not self.violations:
            raise ValueError("RuleBroken without a violation")
        super().__init__(self.violations[0].message)
        # What a pickled exception is rebuilt from: rules are also asked in child processes.
        self.args = (self.violations,)

    def __str__(self) -> str:
        return "; ".join(f"{violation.field}: {violation.code}" for violation in self.violations)
