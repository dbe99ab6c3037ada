"""What a server answers to a link before any script runs, as a chat and a browser read it."""

from __future__ import annotations

import http.client
import io
from dataclasses import dataclass, field
from html.parser import HTMLParser

from PIL import Image

from tests.app import App


@dataclass
class Read(HTMLParser):
    """A small page, as a browser and a chat read it."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def meta(self, name: str) -> str:
        for key in ("property", "name", "http-equiv"):
            found = [a["content"] for t, a in self.tags if t == "meta" and a.get(key) == name]
            if found:
                assert len(found) == 1
                return str(found[0])
        raise AssertionError(f"no {name}")

    @property
    def onward(self) -> str:
        """Where the page leads, which its link says too."""
        onward = self.meta("refresh").removeprefix("0;url=")
        assert [a["href"] for t, a in self.tags if t == "a"] == [onward]
        return onward


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def page(self) -> Read:
        read = Read()
        read.feed(self.content.decode())
        read.close()
        return read

    @property
    def picture(self) -> Image.Image:
        return Image.open(io.BytesIO(self.content)).convert("RGB")


def get(app: App, path: str, **headers: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(app), timeout=120)
    connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    got = Answer(answer.status, answer.headers, answer.read())
    connection.close()
    return got


def port_of(app: App) -> int:
    return int(app.url.rpartition(":")[2])
