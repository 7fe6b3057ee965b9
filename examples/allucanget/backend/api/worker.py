import asyncio
import logging
import time
from collections.abc import Callable
from datetime import datetime

from api.database import Database, Row, now
from api.generator import Generator

log = logging.getLogger("api.worker")
MOST_ATTEMPTS = 3


class Worker:
    """
    Looks at the queue in the database again and again. All that it knows lies there, so that one that comes after a restart goes
    on where the last one was.
    """

    def __init__(
        self, database: Database, generate: Generator, poll_seconds: float, clock: Callable[[], datetime] = now
    ) -> None:
        self._database, self._generate, self._poll, self._clock = database, generate, poll_seconds, clock
        self._looked_at = time.monotonic()

    def is_alive(self) -> bool:
        return time.monotonic() - self._looked_at < self._poll * 2 + 10

    async def run(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self.look)
            except Exception:
                log.exception("the queue could not be looked at")
            self._looked_at = time.monotonic()
            await asyncio.sleep(self._poll)

    def look(self) -> None:
        at = self._clock()
        self._database.run(
            "update generated_videos set status = 'processing', started_at = ? where status = 'queued'", at
        )
        for video in self._database.run(
            "select id, prompt, attempts, started_at from generated_videos where status = 'processing' order by created_at"
        ):
            self._go_on(video, at)

    def _go_on(self, video: Row, at: datetime) -> None:
        try:
            media = self._generate(video["prompt"], (at - video["started_at"]).total_seconds())
        except Exception as error:
            log.exception("video %s: attempt %d failed", video["id"], video["attempts"] + 1)
            self._failed(video, at, error)
            return
        if media is None:
            return
        self._database.run(
            "update generated_videos set status = 'completed', finished_at = ?, media = ? where id = ?",
            at,
            media,
            video["id"],
        )
        log.info("video %s is ready", video["id"])

    def _failed(self, video: Row, at: datetime, error: Exception) -> None:
        if video["attempts"] + 1 < MOST_ATTEMPTS:
            again = "update generated_videos set status = 'queued', attempts = attempts + 1 where id = ?"
            self._database.run(again, video["id"])
            return
        self._database.run(
            "update generated_videos set status = 'failed', attempts = attempts + 1, finished_at = ?, message = ? where id = ?",
            *(at, str(error)[:300] or type(error).__name__, video["id"]),
        )
