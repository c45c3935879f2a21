"""Elasticsearch, assembled once from Maven Central: `tests/elasticsearch/` holds its parts list and its launcher.

People run Elastic's own image or packages; this is the same server for machines that reach only package registries.
"""

import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from xml.etree import ElementTree

from tests.servers.process import CHECKOUT, LOOPBACK, Running, Server, ServerError, say

PARTS = CHECKOUT / "tests" / "elasticsearch"
CACHE = Path(os.environ.get("ONDIRIS_TEST_ELASTICSEARCH_HOME", CHECKOUT / ".elasticsearch"))
HEAP = os.environ.get("ONDIRIS_TEST_ELASTICSEARCH_HEAP", "1g")
TRANSPORT = "transport-netty4"

DESCRIPTOR = """\
description=HTTP and transport over Netty
version={version}
name=transport-netty4
classname=org.elasticsearch.transport.netty4.Netty4Plugin
java.version=17
elasticsearch.version={version}
"""

# The disk watermarks would refuse to write on a nearly full disk; a test run that was killed leaves indexes behind.
CONFIGURATION = """\
cluster.name: ondiris-test
node.name: ondiris-test
network.host: {host}
http.port: {port}
transport.port: 9300-9400
discovery.type: single-node
path.data: {folder}/data
path.logs: {folder}/logs
cluster.routing.allocation.disk.threshold_enabled: false
cluster.max_shards_per_node: 10000
"""


class Elasticsearch(Server):
    """A single node without security, as the tests need it."""

    name = "elasticsearch"
    variable = "ONDIRIS_TEST_ELASTICSEARCH_URL"
    default_port = 9200

    def prepare(self, folder: Path, port: int) -> list[str]:
        """Assemble the server if this machine has not yet, and write the node's settings."""
        java_home = _java_17()
        home = _assembled(java_home)
        config = folder / "config"
        config.mkdir()
        (config / "elasticsearch.yml").write_text(
            CONFIGURATION.format(host=LOOPBACK, port=port, folder=folder), encoding="utf-8"
        )
        return [
            f"{java_home}/bin/java",
            f"-Xms{HEAP}",
            f"-Xmx{HEAP}",
            f"-Des.path.home={home}",
            f"-Djava.io.tmpdir={folder}",
            "-cp",
            f"{home}/lib/*",
            str(PARTS / "Launch.java"),
            str(home),
            str(config),
        ]

    def answers(self, port: int) -> bool:
        """Whether the node has recovered its indexes."""
        health = f"{self.url(port)}/_cluster/health?wait_for_status=yellow&timeout=1s"
        try:
            with urllib.request.urlopen(health, timeout=5) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def url(self, port: int) -> str:
        """Address of the node."""
        return f"http://{LOOPBACK}:{port}"

    def mark(self, running: Running) -> str:
        """The folder, which stands in the command line."""
        return running.folder


def _assembled(java_home: str) -> Path:
    """Home folder of the server: libraries, and the transport as a module; fetched at the first call."""
    pom = ElementTree.parse(PARTS / "pom.xml")
    version = pom.findtext(".//{http://maven.apache.org/POM/4.0.0}elasticsearch.version")
    home = CACHE / str(version)
    if home.exists():
        return home
    maven = shutil.which("mvn")
    if not maven:
        raise ServerError("elasticsearch: Maven is needed to fetch it; on Debian: apt-get install maven")
    say(f"elasticsearch: fetching version {version} from Maven Central (40 MB, once)")
    draft = CACHE / f"{version}.{os.getpid()}"
    lib, transport = draft / "lib", draft / "modules" / TRANSPORT
    transport.mkdir(parents=True)
    (draft / "plugins").mkdir()
    command = [maven, "-q", "-B", "-C", "-f", str(PARTS / "pom.xml"), "dependency:copy-dependencies"]
    fetched = subprocess.run(
        [*command, f"-DoutputDirectory={lib}"],
        env={**os.environ, "JAVA_HOME": java_home},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode:
        shutil.rmtree(draft)
        raise ServerError(f"elasticsearch: Maven could not fetch it:\n{fetched.stdout[-3000:]}{fetched.stderr[-1000:]}")
    for jar in (*lib.glob(f"{TRANSPORT}-*.jar"), *lib.glob("netty-*.jar")):
        jar.rename(transport / jar.name)
    (transport / "plugin-descriptor.properties").write_text(DESCRIPTOR.format(version=version), encoding="utf-8")
    draft.rename(home)  # only a complete folder gets the name that a later start looks for
    return home


def _java_17() -> str:
    """Home of a JDK 17: the server's libraries refuse newer ones, which often come first on the path."""
    named = os.environ.get("JAVA_HOME")
    on_path = shutil.which("javac")
    candidates = [
        *([Path(named)] if named else []),
        *sorted(Path("/usr/lib/jvm").glob("*17*")),
        *([Path(on_path).resolve().parents[1]] if on_path else []),
    ]
    for home in candidates:
        compiler = home / "bin" / "javac"
        if compiler.exists() and subprocess.run(
            [compiler, "-version"], capture_output=True, text=True, check=False
        ).stdout.startswith("javac 17"):
            return str(home)
    raise ServerError("elasticsearch: a JDK 17 is needed; on Debian: apt-get install openjdk-17-jdk-headless")
