import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import duckdb
from fastapi import FastAPI, Response

from api import accounts, videos
from api.config import Settings
from api.database import Database
from api.failure import answer_failures
from api.generator import Generator, local_generator
from api.tokens import Tokens
from api.worker import Worker


def create_app(settings: Settings, database: Database, generate: Generator | None = None) -> FastAPI:
    worker = Worker(database, generate or local_generator(settings.video_seconds), settings.poll_seconds)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.create_task(worker.run())
        yield
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)
        database.close()

    # What the API can do is not told to whoever asks.
    app = FastAPI(lifespan=lifespan, openapi_url=None)
    app.state.database, app.state.tokens = database, Tokens(settings, database)
    answer_failures(app)
    app.include_router(accounts.router)
    app.include_router(videos.router)

    @app.get("/health")
    def health(response: Response) -> dict[str, Any]:
        try:
            database.run("select 1 from users limit 1")
            state = "connected"
        except duckdb.Error:
            state = "error"
        is_well = state == "connected" and worker.is_alive()
        response.status_code = 200 if is_well else 503
        return {"ok": is_well, "database": state, "worker": "alive" if worker.is_alive() else "stuck"}

    return app
