import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3
from api.config import Settings
from api.database import Database
from api.main import create_app
from fastapi.testclient import TestClient

BACKEND = Path(__file__).parent.parent / "backend"
SECRET = "a secret that is only used by tests"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(jwt_secret=SECRET, data=tmp_path, poll_seconds=0.02, video_seconds=0)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.data)
    yield database
    database.close()


@pytest.fixture
def client(settings: Settings, database: Database) -> Iterator[TestClient]:
    with TestClient(create_app(settings, database), raise_server_exceptions=False) as client:
        yield client


class Process:
    """The backend as it is started for real, on a port and a folder of its own."""

    def __init__(self, data: Path, **env: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        settings = {"PORT": str(port), "DATA_DIR": str(data), "JWT_SECRET": SECRET, "VIDEO_POLL_SECONDS": "0.1", **env}
        path = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "api"],
            cwd=BACKEND,
            env=path | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def healthy(self) -> "Process":
        for _ in range(600):
            try:
                if urllib3.request("GET", f"{self.url}/health", retries=False).status == 200:
                    return self
            except urllib3.exceptions.HTTPError:
                if self.child.poll() is not None:
                    break
            time.sleep(0.05)
        raise AssertionError(f"the backend is not healthy: {self.kill()}")

    def kill(self) -> str:
        self.child.kill()
        return self.child.communicate()[0].decode()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(**env: str) -> Process:
        started.append(Process(tmp_path, **env))
        return started[-1]

    yield start
    for process in started:
        if process.child.poll() is None:
            process.kill()
