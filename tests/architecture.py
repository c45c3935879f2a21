"""The rules of the house, read off the source: who may import whom, what stays at the edge, what every sentence needs.

Each rule takes one Source and yields a line per breach. `python -m tests.architecture` prints the pure files, which the
type checker reads strictly.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

# From the ground up: a floor imports itself and those before it.
FLOORS = ("config", "registry", "search", "matching", "web")

# What the subjects of a floor may import of each other. The registry's other files are the ground under its subjects
# and import none of them.
REGISTRY_SUBJECTS = {
    "accounts": set[str](),
    "classifiers": {"accounts"},
    "files": {"accounts"},
    "suppliers": {"accounts", "classifiers", "files"},
    "customers": {"accounts", "classifiers", "files", "suppliers"},
    "catalogue": {"accounts", "classifiers", "files", "suppliers"},
    "registration": {"accounts", "catalogue", "classifiers", "files", "suppliers"},
    "evidence": {"accounts", "catalogue", "classifiers", "files", "suppliers"},
    "uploads": {"accounts", "catalogue", "classifiers", "evidence", "suppliers"},
    "sightings": {"accounts", "catalogue", "suppliers"},
    "upkeep": {"accounts"},
    "verification": {"accounts", "catalogue", "classifiers", "evidence", "files", "suppliers"},
}
_LOWER = {"codes", "icv"}
MATCHING_SUBJECTS = {
    "codes": set[str](),
    "icv": set[str](),
    "engine": _LOWER,
    "needs": {"engine"} | _LOWER,
    "alerts": {"engine", "needs"} | _LOWER,
    "contracts": {"engine", "needs"} | _LOWER,
    "monitoring": {"contracts", "engine", "needs"} | _LOWER,
    "publications": {"contracts", "engine", "monitoring", "needs"} | _LOWER,
}

# Files that compute with plain values: no database, no clock, nothing to set up before a test.
PURE = (
    *("*/rules.py", "*/formulas.py", "*/features.py", "*/scoring.py", "*/verdicts.py", "*/indicators.py"),
    *(
        f"registry/{name}.py"
        for name in (
            "calendar",
            "cells",
            "certificates",
            "disclosure",
            "explain",
            "identifiers",
            "law",
            "text",
            "wording",
        )
    ),
    *("registry/classifiers/notes.py", "registry/classifiers/tree.py"),
    *(
        f"matching/codes/{name}.py"
        for name in ("evaluate", "examples", "index", "levels", "notes", "reading", "vocabulary")
    ),
    "registry/files/contents.py",
    *(f"registry/verification/{name}.py" for name in ("checks", "clock", "reasons", "statements")),
    *("registry/uploads/columns.py", "registry/uploads/details.py", "registry/uploads/layout.py"),
    *("registry/uploads/names.py", "registry/uploads/plans.py"),
    *("registry/catalogue/details.py", "registry/evidence/quality.py"),
    *("matching/contracts/offtake.py", "matching/contracts/procurement.py", "matching/monitoring/checks.py"),
    *("search/analysis*", "search/queries.py"),
)

# Package -> the only places that may import it.
AT_HOME = {
    **dict.fromkeys(("flask", "flask_wtf", "wtforms", "werkzeug", "jinja2", "celery", "kombu", "click"), ("web/*",)),
    **dict.fromkeys(("elasticsearch", "elastic_transport"), ("search/engines/elasticsearch.py",)),
    "tantivy": ("search/engines/*",),
    "PIL": ("registry/files/pictures.py",),
    "rapidfuzz": (
        *("search/analysis*", "matching/engine/*", "matching/codes/*"),
        *("registry/spreadsheets.py", "registry/uploads/names.py"),
    ),
    "python_calamine": ("registry/spreadsheets.py", "registry/grids.py"),
    "xlsxwriter": ("registry/spreadsheets.py",),
    "tomllib": ("registry/law.py", "registry/certificates.py", "registry/disclosure.py", "web/demo_profiles.py"),
    **dict.fromkeys(("asn1crypto", "pyhanko", "pyhanko_certvalidator"), ("registry/cms.py",)),
}

# Names that tell the time of the machine or of the database; `time.monotonic` and `perf_counter` only measure.
CLOCKS = {
    *("datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
    *("time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.asctime"),
    *("sqlalchemy.func.now", "sqlalchemy.func.current_timestamp", "sqlalchemy.func.current_date"),
}


@dataclass(frozen=True)
class Source:
    """One Python file of the project: its path from the root, with slashes, and its text."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed text."""
        return ast.parse(self.text)

    @property
    def floor(self) -> str:
        """The package at the top."""
        return self.path.split("/")[0]

    @property
    def subject(self) -> str | None:
        """The package below the floor; None for a file of the floor itself."""
        parts = self.path.split("/")
        return parts[1] if len(parts) > 2 else None

    @property
    def below_web(self) -> bool:
        """Whether it is on a floor under web."""
        return self.floor in FLOORS[:-1]

    @property
    def pure(self) -> bool:
        """Whether it promises to compute with plain values only."""
        return any(fnmatch(self.path, pattern) for pattern in PURE)

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """(line, dotted name) of everything imported, also inside functions; `from a import b` counts as `a.b`."""
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                found += [(node.lineno, f"{base}.{alias.name}".strip(".")) for alias in node.names]
        return found

    @cached_property
    def names(self) -> list[tuple[int, str]]:
        """(line, dotted name) of every name used, imported ones in full: `now` may be `datetime.datetime.now`."""
        origins: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                origins |= {alias.asname: alias.name for alias in node.names if alias.asname}
            elif isinstance(node, ast.ImportFrom):
                origins |= {alias.asname or alias.name: f"{self._absolute(node)}.{alias.name}" for alias in node.names}
        found = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Name | ast.Attribute) and (dotted := _dotted(node)):
                first, dot, rest = dotted.partition(".")
                found.append((node.lineno, f"{origins.get(first, first)}{dot}{rest}"))
        return found

    def _absolute(self, node: ast.ImportFrom) -> str:
        package = self.path.removesuffix(".py").split("/")[: -node.level] if node.level else []
        return ".".join([*package, *([node.module] if node.module else [])])


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value)
        return f"{base}.{node.attr}" if base else None
    return None


def sources() -> list[Source]:
    """Every Python file of the five floors."""
    files = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
    return [Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files]


def floors(source: Source) -> Iterator[str]:
    """Imports go down: web → matching → search → registry → config; tests and benchmarks are above all."""
    allowed = FLOORS[: FLOORS.index(source.floor) + 1]
    for line, name in source.imports:
        top = name.split(".")[0]
        if top in {*FLOORS, "tests", "benchmarks"} and top not in allowed:
            yield f"{source.path}:{line} imports {name}, which is above {source.floor}"


def subjects(source: Source) -> Iterator[str]:
    """Inside a floor: evidence → catalogue → suppliers → accounts; publications → … → engine; never back."""
    orders = {"registry": REGISTRY_SUBJECTS, "matching": MATCHING_SUBJECTS}
    order = orders.get(source.floor, {})
    if source.floor == "matching" and source.subject not in order:
        return
    allowed = order.get(source.subject or "", set()) | {source.subject}
    for line, name in source.imports:
        floor, _, rest = name.partition(".")
        imported = rest.split(".")[0]
        if floor == source.floor and imported in order and imported not in allowed:
            yield f"{source.path}:{line} imports {name}, which {source.subject or 'the ground'} may not"


def packages(source: Source) -> Iterator[str]:
    """A package that only some files may know stays in them."""
    for line, name in source.imports:
        homes = AT_HOME.get(name.split(".")[0])
        if homes and not any(fnmatch(source.path, home) for home in homes):
            yield f"{source.path}:{line} imports {name}, which only {', '.join(homes)} may"


def purity(source: Source) -> Iterator[str]:
    """A pure file knows neither SQLAlchemy nor the database."""
    for line, name in source.imports if source.pure else ():
        if re.match(r"(sqlalchemy|alembic|psycopg|sqlite3|registry\.db)(\.|$)", name):
            yield f"{source.path}:{line} imports {name}, and is a pure file"


def clocks(source: Source) -> Iterator[str]:
    """Below web, now and today are arguments."""
    for line, name in {*source.names, *source.imports} if source.below_web else ():
        if name in CLOCKS:
            yield f"{source.path}:{line} asks {name} for the time, which only web may"


def prints(source: Source) -> Iterator[str]:
    """Below web nothing is printed."""
    for line, name in source.names if source.below_web else ():
        if name in {"print", "pprint.pprint"}:
            yield f"{source.path}:{line} prints"


Rule = Callable[[Source], Iterator[str]]
RULES: tuple[Rule, ...] = (floors, subjects, packages, purity, clocks, prints)


def main() -> None:
    """Print the pure files, one a line."""
    for source in sources():
        if source.pure:
            print(source.path)


if __name__ == "__main__":
    main()
