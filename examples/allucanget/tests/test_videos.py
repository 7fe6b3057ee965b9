import time
from datetime import timedelta
from xml.etree import ElementTree

from api.config import Settings
from api.database import Database, now
from api.generator import draw, local_generator
from api.main import create_app
from api.worker import Worker
from fastapi.testclient import TestClient


def test_a_prompt_gives_the_same_picture_each_time_and_nothing_of_itself_gets_into_it():
    for prompt in ("Rain over the sea", "A star over a town", "snow in the woods", "hello <script>"):
        picture = draw(prompt)
        assert picture == draw(prompt) and "script" not in picture
        assert ElementTree.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    assert draw("one thing") != draw("another thing")


def add(database: Database) -> None:
    sql = "insert into generated_videos (id, user_id, prompt, status, attempts, created_at) values (uuid(), uuid(), ?, 'queued', 0, ?)"
    database.run(sql, "a fox", now())


def status(database: Database) -> list[object]:
    rows = database.run("select status, attempts, message, media is not null as has_media from generated_videos")
    return [tuple(row.values()) for row in rows]


def test_the_worker_takes_what_is_queued_and_goes_on_where_another_one_stopped(database: Database):
    at = now()
    add(database)
    Worker(database, local_generator(3), 1, lambda: at).look()
    assert status(database) == [("processing", 0, None, False)]
    Worker(database, local_generator(3), 1, lambda: at + timedelta(seconds=2)).look()
    assert status(database) == [("processing", 0, None, False)]
    Worker(database, local_generator(3), 1, lambda: at + timedelta(seconds=4)).look()
    assert status(database) == [("completed", 0, None, True)]


def test_a_video_that_cannot_be_made_is_tried_three_times_and_does_not_stop_the_others(database: Database):
    add(database)

    def broken(prompt: str, running: float) -> str:
        raise RuntimeError("no more colors")

    worker = Worker(database, broken, 1)
    for expected in ("queued", "queued", "failed", "failed"):
        worker.look()
        assert status(database)[0][0] == expected
    assert status(database) == [("failed", 3, "no more colors", False)]


def test_a_worker_that_no_longer_looks_is_told_by_the_health(settings: Settings, database: Database):
    with TestClient(create_app(settings, database)) as client:
        well = {"ok": True, "database": "connected", "worker": "alive"}
        assert (client.get("/health").status_code, client.get("/health").json()) == (200, well)
    # Its database is closed by now.
    answer = TestClient(create_app(settings, database)).get("/health")
    assert (answer.status_code, answer.json()["database"]) == (503, "error")
    stuck = Worker(database, local_generator(0), 1)
    stuck._looked_at = time.monotonic() - 13
    assert not stuck.is_alive()
