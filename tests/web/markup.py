"""What every page of the portal must be like, read off its HTML: well formed, self-contained, accessible."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# Elements of SVG that are written empty.
EMPTY_SVG = {"rect", "path", "circle", "line"}
ADDRESSES = {"a": "href", "link": "href", "script": "src", "img": "src", "form": "action"}


@dataclass
class Element:
    """An opened tag with its attributes and the text inside."""

    tag: str
    attributes: dict[str, str | None]
    line: int
    text: str = ""


@dataclass
class Page(HTMLParser):
    """One page, parsed; `faults` says in what it is not as it must be."""

    html: str
    elements: list[Element] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _open: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.html)
        self.close()
        self.faults += [f"line {one.line}: <{one.tag}> is never closed" for one in self._open]
        self._check()

    def __hash__(self) -> int:
        return id(self)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"line {self.getpos()[0]}: <{tag}> says an attribute twice")
        element = Element(tag, dict(attrs), self.getpos()[0])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)
        # What a picture shows is said for it.
        self.handle_data(dict(attrs).get("alt") or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in EMPTY_SVG:
            self.faults.append(f"line {self.getpos()[0]}: <{tag}/> is no element that closes itself")
        self.elements.append(Element(tag, dict(attrs), self.getpos()[0]))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1].tag != tag:
            inside = self._open[-1].tag if self._open else "nothing"
            self.faults.append(f"line {self.getpos()[0]}: </{tag}> closes {inside}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, *tags: str) -> list[Element]:
        """Elements of these tags in their order."""
        return [element for element in self.elements if element.tag in tags]

    @property
    def lang(self) -> str | None:
        """The language that the page says it is in."""
        return self.all("html")[0].attributes.get("lang")

    @property
    def text(self) -> str:
        """What a reader reads of the main part, in single spaces."""
        return " ".join(self.all("main")[0].text.split())

    @property
    def title(self) -> str:
        """The page's main heading."""
        return " ".join(self.all("h1")[0].text.split())

    def addresses(self, base: str) -> list[str]:
        """Every address that the page leads to or loads, absolute, in the order of the page."""
        found = []
        for tag, name in ADDRESSES.items():
            for element in self.all(tag):
                value = element.attributes.get(name)
                if value is not None and not value.startswith(("#", "mailto:")):
                    found.append(urljoin(base, value))
        return found

    def hidden(self, name: str) -> str:
        """The value of a hidden field."""
        for element in self.all("input"):
            if element.attributes.get("name") == name and element.attributes.get("type") == "hidden":
                return element.attributes.get("value") or ""
        raise AssertionError(f"no hidden field {name}")

    def _check(self) -> None:
        self._once("h1", "main", "title")
        self._ids()
        self._labels()
        self._headings()
        self._tables()
        self._forms()
        for element in self.elements:
            if "style" in element.attributes or any(name.startswith("on") for name in element.attributes):
                self.faults.append(f"line {element.line}: <{element.tag}> carries what the content policy refuses")
        for element in self.all("script", "style"):
            if element.tag == "style" or not element.attributes.get("nonce"):
                self.faults.append(f"line {element.line}: <{element.tag}> will not be run")
        for link in self.all("a", "button"):
            if not link.text.strip() and not link.attributes.get("aria-label"):
                self.faults.append(f"line {link.line}: <{link.tag}> says nothing")
        for address in self.addresses("http://portal.example/"):
            if urlsplit(address).netloc != "portal.example":
                self.faults.append(f"{address} is another site's")
        if re.search(r"\{\{|\{%|web\.[a-z_]+\.[a-z_]+|None\b", self.html.split("<main", 1)[-1]):
            self.faults.append("the page shows a code, a placeholder or None")

    def _once(self, *tags: str) -> None:
        for tag in tags:
            if len(self.all(tag)) != 1:
                self.faults.append(f"{len(self.all(tag))} × <{tag}>")

    def _ids(self) -> None:
        ids = [element.attributes["id"] for element in self.elements if "id" in element.attributes]
        self.faults += [f"id {one} twice" for one in sorted({one or "" for one in ids if ids.count(one) > 1})]
        for element in self.elements:
            for name in ("for", "aria-describedby", "aria-labelledby", "aria-controls"):
                for wanted in (element.attributes.get(name) or "").split():
                    if wanted not in ids:
                        self.faults.append(f"line {element.line}: {name} names {wanted}, which is not there")
            target = element.attributes.get("href") or ""
            if element.tag == "a" and target.startswith("#") and target[1:] not in ids:
                self.faults.append(f"line {element.line}: {target} leads nowhere")

    def _labels(self) -> None:
        labelled = {element.attributes.get("for") for element in self.all("label")}
        for element in self.all("input", "select", "textarea", "progress"):
            if element.attributes.get("type") in ("hidden", "submit"):
                continue
            if element.attributes.get("id") not in labelled and not element.attributes.get("aria-label"):
                self.faults.append(f"line {element.line}: <{element.tag}> has no label")

    def _headings(self) -> None:
        before = 0
        for element in self.all("h1", "h2", "h3", "h4"):
            level = int(element.tag[1])
            if level > before + 1:
                self.faults.append(f"line {element.line}: <{element.tag}> after <h{before}>")
            before = level

    def _tables(self) -> None:
        for element in self.all("th"):
            if not element.attributes.get("scope"):
                self.faults.append(f"line {element.line}: a heading of a table without its scope")

    def _forms(self) -> None:
        posts = [one for one in self.all("form") if (one.attributes.get("method") or "").lower() == "post"]
        tokens = [one for one in self.all("input") if one.attributes.get("name") == "csrf_token"]
        if len(tokens) != len(posts):
            self.faults.append(f"{len(posts)} forms that post, {len(tokens)} tokens")
