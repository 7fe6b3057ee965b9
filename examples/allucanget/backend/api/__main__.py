import logging
import os
import sys

import duckdb
import uvicorn

from api.config import SettingsError, read_settings
from api.database import Database
from api.main import create_app


def main() -> None:
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        sys.exit(f"{error}")
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s", stream=sys.stdout
    )
    try:
        database = Database(settings.data)
    except (duckdb.Error, OSError) as error:
        sys.exit(f"the database in {settings.data} cannot be opened: {error}")
    # Always one process: the file lets in one, and the worker is to run once.
    uvicorn.run(
        create_app(settings, database),
        host=settings.host,
        port=settings.port,
        log_level=settings.log_level,
        log_config=None,
        access_log=False,
        # Longer than a proxy in front keeps an idle connection.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=8,
    )


if __name__ == "__main__":
    main()
