"""The real reference files as import files: register rows, certificates and a catalogue as offers, lots as needs.

    python -m benchmarks.converters --reference ../shared/data --out DIR

writes suppliers.csv, products.csv and needs.csv for `ondiris import`, and for `ondiris evaluate match`
prosept_needs.csv, prosept_products.csv and prosept_truth.csv. Certificates and the catalogue name no БИН: each producer
of theirs gets a fictitious one, its own and valid. Certificates name no number either: each producer gets one,
fictitious too.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.names import fictitious_bins

# Keeps these numbers apart from those of the corpus, should both be loaded into one register.
FIRST_NUMBER = 4_000_000
PROSEPT = "PROSEPT"

SUPPLIER_COLUMNS = ("bin", "name", "kind", "kato", "oked")
PRODUCT_COLUMNS = (
    "bin",
    "name",
    "description",
    "tnved",
    "kpved",
    "unit",
    "capacity_per_year",
    "icv_percent",
    "evidence_kind",
    "evidence_number",
    "evidence_issued",
    "external_id",
)
NEED_COLUMNS = ("id", "name", "description", "enstru", "unit", "volume", "kato", "customer_bin", "budget")

Row = dict[str, str]


def read(path: Path) -> list[Row]:
    """All rows of a reference file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, columns: tuple[str, ...], rows: list[Row]) -> None:
    """Rows as an import file; a column that a row lacks is empty."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def convert(reference: Path, out: Path) -> dict[str, int]:
    """Write every import file into `out`; returns how many rows each has."""
    out.mkdir(parents=True, exist_ok=True)
    register = read(reference / "kz_industrial_register_sample.csv")
    certificates = read(reference / "label_kz_origin_certificates.csv")
    catalogue = read(reference / "match_prosept_ru_catalog.csv")
    labels = read(reference / "match_prosept_ru_labels.csv")
    lots = read(reference / "procurement_lots_kz.csv")
    makers = [*sorted({row["producer"] for row in certificates}), PROSEPT]
    bins = dict(zip(makers, fictitious_bins(len(makers), first=FIRST_NUMBER), strict=True))

    goods = [*register_goods(register), *certificate_goods(certificates, bins), *catalogue_goods(catalogue, bins)]
    tables = {
        "suppliers": (SUPPLIER_COLUMNS, [*register_suppliers(register), *fictitious_suppliers(bins)]),
        "products": (PRODUCT_COLUMNS, goods),
        "needs": (NEED_COLUMNS, list(lot_needs(lots))),
        "prosept_products": (("id", "name", "description"), list(prosept_products(catalogue))),
        "prosept_needs": (("id", "name"), list(prosept_needs(labels))),
        "prosept_truth": (("need_id", "product_id"), list(prosept_truth(labels))),
    }
    for name, (columns, rows) in tables.items():
        write(out / f"{name}.csv", columns, rows)
    return {name: len(rows) for name, (_, rows) in tables.items()}


def register_suppliers(rows: list[Row]) -> list[Row]:
    """The producers of the register, by БИН."""
    found: dict[str, Row] = {}
    for row in rows:
        kato = row["kato"] if len(row["kato"]) == 9 else ""
        values = {"bin": row["bin"], "name": row["producer"], "kind": "maker", "kato": kato, "oked": row["oked"]}
        found.setdefault(row["bin"], values)
    return list(found.values())


def fictitious_suppliers(bins: dict[str, str]) -> Iterator[Row]:
    """The producers that have only a name."""
    for name, number in bins.items():
        yield {"bin": number, "name": name, "kind": "maker"}


def register_goods(rows: list[Row]) -> Iterator[Row]:
    """What the register's producers make; their industrial certificate proves them, and states no percent."""
    for number, row in enumerate(rows, start=1):
        yield {
            "bin": row["bin"],
            "name": row["item"],
            "description": row["conformity_doc"],
            "tnved": row["tnved"],
            "kpved": row["kpved"],
            "capacity_per_year": row["capacity"],
            "evidence_kind": "industrial",
            "evidence_number": row["reg_no"],
            "evidence_issued": row["included"],
            "external_id": f"register-{number}",
        }


def certificate_goods(rows: list[Row], bins: dict[str, str]) -> Iterator[Row]:
    """Goods of the certificates; only the form СТ-KZ speaks of use at home, the others are for export."""
    for number, row in enumerate(rows, start=1):
        values = {
            "bin": bins[row["producer"]],
            "name": row["text"],
            "tnved": row["code"],
            "kpved": row["kpved"],
            "unit": row["unit"],
            "external_id": f"certificate-{number}",
        }
        if row["form"] == "СТ-KZ":
            issued = row["issued"]
            values |= {
                "icv_percent": row["dvc_pct"],
                "evidence_kind": "ct-kz",
                "evidence_number": f"KZ {issued[-1]} 101 {list(bins).index(row['producer']) + 1:05}",
                "evidence_issued": issued,
            }
        yield values


def catalogue_goods(rows: list[Row], bins: dict[str, str]) -> Iterator[Row]:
    """The manufacturer's catalogue as lines of one fictitious producer."""
    for row in prosept_products(rows):
        yield {
            "bin": bins[PROSEPT],
            "name": row["name"],
            "description": row["description"],
            "external_id": f"prosept-{row['id']}",
        }


def lot_needs(rows: list[Row]) -> Iterator[Row]:
    """Lots as needs; the official name is the name, what the buyer added is the description. Repeated ids are told
    apart by a suffix."""
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row["lot_id"]] += 1
        times = seen[row["lot_id"]]
        yield {
            "id": row["lot_id"] if times == 1 else f"{row['lot_id']}-{times}",
            "name": row["enstru_name"],
            "description": ". ".join(filter(None, (row["enstru_desc"], row["extra_text"]))),
            "enstru": row["enstru_code"],
            "unit": row["unit"],
            "volume": row["quantity"],
            "kato": row["kato"],
            "customer_bin": row["customer_bin"],
            "budget": row["budget_kzt"],
        }


def prosept_products(rows: list[Row]) -> Iterator[Row]:
    """The catalogue; the name that the accounts use is the fuller one where the shop's runs words together."""
    for row in rows:
        other = row["name_1c"] if row["name_1c"] != row["name"] else row["ozon_name"]
        yield {"id": row["product_id"], "name": row["name"] or other, "description": other if row["name"] else ""}


def prosept_needs(rows: list[Row]) -> Iterator[Row]:
    """Other people's names of the catalogue's goods."""
    for row in rows:
        yield {"id": f"{row['dealer']}-{row['dealer_key']}", "name": row["dealer_product_name"]}


def prosept_truth(rows: list[Row]) -> Iterator[Row]:
    """Which good each of these names means."""
    for row in rows:
        yield {"need_id": f"{row['dealer']}-{row['dealer_key']}", "product_id": row["product_id"]}


def main(argv: list[str] | None = None) -> None:
    """The command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reference", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(argv)
    for name, count in convert(given.reference, given.out).items():
        print(f"{name}.csv {count}")


if __name__ == "__main__":
    main()
