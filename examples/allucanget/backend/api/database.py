import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

# Each runs once, in this order; what was released is never edited, only added to.
MIGRATIONS = [
    """
    create table users (
      id uuid primary key, email varchar not null unique, password varchar not null, created_at timestamp not null
    );
    create table refresh_tokens (
      jti uuid primary key, family uuid not null, user_id uuid not null, issued_at timestamp not null,
      expires_at timestamp not null, rotated_at timestamp, revoked_at timestamp
    );
    create table generated_videos (
      id uuid primary key, user_id uuid not null, prompt varchar not null, status varchar not null, attempts integer not null,
      created_at timestamp not null, started_at timestamp, finished_at timestamp, message varchar, media varchar
    );
    """,
]

Row = dict[str, Any]


def now() -> datetime:
    """UTC without a zone, which is how DuckDB keeps a timestamp."""
    return datetime.now(UTC).replace(tzinfo=None)


class Database:
    """One DuckDB file, which DuckDB lets one process have; what that process does here happens one after the other."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "app.db"
        self._lock = threading.Lock()
        self._connection = duckdb.connect(str(self.file))
        with self.transaction() as run:
            run(
                "create table if not exists schema_version (version integer primary key, applied_at timestamp not null)"
            )
            done = run("select count(*) as n from schema_version")[0]["n"]
            for version, sql in list(enumerate(MIGRATIONS, 1))[done:]:
                run(sql)
                run("insert into schema_version values (?, ?)", version, now())

    @contextmanager
    def transaction(self) -> Iterator["Run"]:
        with self._lock:
            self._connection.begin()
            try:
                yield Run(self._connection)
            except BaseException:
                self._connection.rollback()
                raise
            self._connection.commit()

    def run(self, sql: str, *values: Any) -> list[Row]:
        with self.transaction() as run:
            return run(sql, *values)

    def close(self) -> None:
        """Moves what is in the .wal into the file."""
        with self._lock:
            self._connection.close()


class Run:
    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __call__(self, sql: str, *values: Any) -> list[Row]:
        result = self._connection.execute(sql, list(values))
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
