"""What a browser shows of a session: each element at its place, by the messages that came."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from bench.sessions import Session

Place = tuple[int, ...]


@dataclass
class Screen:
    """`shown` is what is drawn at each place. `was_whole` tells of the last run whether the page's
    script ran, `messages` how many came."""

    shown: dict[Place, Delta] = field(default_factory=dict)
    was_whole: bool = False
    messages: int = 0
    _run: int = 0
    _run_of: dict[Place, int] = field(default_factory=dict)
    _fragment: str = ""
    _sent: dict[str, Delta] = field(default_factory=dict)

    def take(self, message: ForwardMsg) -> None:
        """Draw what came, as a browser does."""
        self.messages += 1
        match message.WhichOneof("type"):
            case "new_session":
                self._run += 1
                self.messages = 1
                (self._fragment,) = [*message.metadata.run.fragment_ids] or [""]
                self.was_whole = not self._fragment
            case "delta" if message.delta.WhichOneof("type") != "new_transient":
                self._sent[message.hash] = message.delta
                self._put(message, message.delta)
            case "ref_hash":
                self._put(message, self._sent[message.ref_hash])
            case "script_finished":
                self._clear()

    def _put(self, message: ForwardMsg, delta: Delta) -> None:
        place = tuple(message.metadata.delta_path)
        self.shown[place], self._run_of[place] = delta, self._run

    def _clear(self) -> None:
        """Take away what this run could have drawn and did not: of a fragment, what lies in it."""
        of_fragment = {
            place for place, delta in self.shown.items() if delta.fragment_id == self._fragment
        }
        for place in list(self.shown):
            within = any(place[:length] in of_fragment for length in range(1, len(place) + 1))
            if (self.was_whole or within) and self._run_of[place] != self._run:
                del self.shown[place]


async def watched(session: Session) -> Screen:
    """The screen of a session from now on: the page is run once more, as it has come already."""
    screen, receive = Screen(), session._message

    async def message() -> ForwardMsg:
        came = await receive()
        screen.take(came)
        return came

    watching: Callable[[], Awaitable[ForwardMsg]] = message
    session._message = watching  # type: ignore[method-assign, assignment]
    session.held.clear()
    await session.rerun()
    return screen
