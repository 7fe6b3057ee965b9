from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class SettingsError(Exception):
    """One line for every variable that is wrong. The values themselves stay out of it."""


@dataclass(frozen=True)
class Settings:
    jwt_secret: str
    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = 12015
    access_minutes: float = 15
    refresh_days: float = 30
    poll_seconds: float = 15
    video_seconds: float = 3
    log_level: str = "info"


def read_settings(env: Mapping[str, str]) -> Settings:
    problems: list[str] = []

    def text(name: str, default: str = "") -> str:
        return env.get(name, "").strip() or default

    def number(name: str, default: float, least: float, most: float) -> float:
        try:
            value = float(text(name, str(default)))
        except ValueError:
            value = least - 1
        if least <= value <= most:
            return value
        problems.append(f"{name}: must be a number from {least:g} to {most:g}")
        return default

    secret = text("JWT_SECRET")
    if len(secret) < 32:
        problems.append("JWT_SECRET: must have 32 characters or more")
    level = text("LOG_LEVEL", "info").lower()
    if level not in ("debug", "info", "warning", "error"):
        problems.append("LOG_LEVEL: must be debug, info, warning or error")
    settings = Settings(
        jwt_secret=secret,
        data=Path(text("DATA_DIR", "data")),
        host=text("HOST", "127.0.0.1"),
        port=int(number("PORT", 12015, 1, 65535)),
        access_minutes=number("ACCESS_TOKEN_MINUTES", 15, 0.01, 1440),
        refresh_days=number("REFRESH_TOKEN_DAYS", 30, 0.01, 365),
        poll_seconds=number("VIDEO_POLL_SECONDS", 15, 0.01, 3600),
        video_seconds=number("VIDEO_SECONDS", 3, 0, 3600),
        log_level=level,
    )
    if problems:
        raise SettingsError("\n".join(problems))
    return settings
