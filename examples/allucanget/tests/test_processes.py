from collections.abc import Callable
from pathlib import Path
from shutil import copy

import duckdb
from conftest import Process
from web.backend import Backend

ANN = {"email": "ann@example.org", "password": "correct horse"}


def test_only_one_process_has_the_file(start: Callable[..., Process]):
    start().healthy()
    second = start()
    said = second.child.communicate(timeout=60)[0].decode()
    assert second.child.returncode == 1
    assert "cannot be opened" in said and "Could not set lock on file" in said


def test_what_was_written_is_there_after_the_process_was_killed(start: Callable[..., Process]):
    first = start(VIDEO_POLL_SECONDS="60").healthy()
    token = Backend(first.url).ask("POST", "/auth/register", ANN)["access_token"]
    Backend(first.url).ask("POST", "/videos", {"prompt": "a fox"}, token)
    first.kill()
    again = Backend(start(VIDEO_POLL_SECONDS="60").healthy().url)
    token = again.ask("POST", "/auth/login", ANN)["access_token"]
    assert [video["prompt"] for video in again.ask("GET", "/videos", token=token)["videos"]] == ["a fox"]


def test_a_backup_of_a_running_backend_needs_the_file_and_its_wal(start: Callable[..., Process], tmp_path: Path):
    Backend(start().healthy().url).ask("POST", "/auth/register", ANN)
    for name, files in (("both", ["app.db", "app.db.wal"]), ("one", ["app.db"])):
        (tmp_path / name).mkdir()
        for file in files:
            copy(tmp_path / file, tmp_path / name / file)
    with duckdb.connect(str(tmp_path / "both" / "app.db")) as both:
        assert both.execute("select email from users").fetchall() == [("ann@example.org",)]
    with duckdb.connect(str(tmp_path / "one" / "app.db")) as one:
        assert one.execute("select count(*) from duckdb_tables() where table_name = 'users'").fetchone() == (0,)


def test_an_end_that_is_asked_for_leaves_everything_in_the_file(start: Callable[..., Process], tmp_path: Path):
    process = start().healthy()
    Backend(process.url).ask("POST", "/auth/register", ANN)
    process.child.terminate()
    process.child.communicate(timeout=60)
    assert not (tmp_path / "app.db.wal").exists()
    with duckdb.connect(str(tmp_path / "app.db"), read_only=True) as file:
        assert file.execute("select count(*) from users").fetchone() == (1,)


def test_wrong_variables_end_it_before_anything_is_opened(start: Callable[..., Process], tmp_path: Path):
    process = start(JWT_SECRET="short", PORT="no")
    said = process.child.communicate(timeout=60)[0].decode().splitlines()
    assert process.child.returncode == 1
    assert [line.split(":")[0] for line in said] == ["JWT_SECRET", "PORT"]
    assert not (tmp_path / "app.db").exists()
