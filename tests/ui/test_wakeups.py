"""What threads hand over to the loop all comes, woken for once and not for each."""

from __future__ import annotations

import asyncio
import socket
from threading import Thread

from ui.server import wakeups

_THREADS, _EACH = 4, 3_000


def test_all_that_threads_hand_over_is_run_also_while_the_loop_falls_asleep_between() -> None:
    async def run() -> list[tuple[int, int]]:
        loop, ran = asyncio.get_running_loop(), []
        wakeups.few(loop)
        done = asyncio.Event()

        def take(thread: int, number: int) -> None:
            ran.append((thread, number))
            if len(ran) == _THREADS * _EACH:
                done.set()

        def hand_over(thread: int) -> None:
            for number in range(_EACH):
                loop.call_soon_threadsafe(take, thread, number)

        threads = [Thread(target=hand_over, args=(number,)) for number in range(_THREADS)]
        for thread in threads:
            thread.start()
        await asyncio.wait_for(done.wait(), 60)
        for thread in threads:
            thread.join()
        assert await asyncio.wait_for(asyncio.to_thread(lambda: 7), 60) == 7
        return ran

    ran = asyncio.run(run())
    for thread in range(_THREADS):
        assert [number for each, number in ran if each == thread] == list(range(_EACH))


def test_a_loop_that_has_not_looked_yet_is_not_woken_again() -> None:
    async def run() -> tuple[int, list[int]]:
        loop, ran = asyncio.get_running_loop(), []
        wakeups.few(loop)
        await asyncio.sleep(0)

        def hand_over() -> None:
            for number in range(100):
                loop.call_soon_threadsafe(ran.append, number)

        thread = Thread(target=hand_over)
        thread.start()
        thread.join()  # the loop looks at nothing meanwhile
        waiting = len(loop._ssock.recv(4_096, socket.MSG_PEEK))  # type: ignore[attr-defined]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return waiting, ran

    waiting, ran = asyncio.run(run())
    assert waiting == 1
    assert ran == list(range(100))
