"""What is vendored for the tests is what its makers published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

VENDOR = Path(__file__).with_name("vendor")


def test_files_are_as_their_manifests_say() -> None:
    manifests = sorted(VENDOR.glob("*/manifest.json"))
    assert manifests
    for path in manifests:
        manifest = json.loads(path.read_text())
        assert {"name", "version", "licence", "source", "sha256"} <= manifest.keys()
        for name, sha256 in manifest["sha256"].items():
            assert hashlib.sha256((path.parent / name).read_bytes()).hexdigest() == sha256, name
