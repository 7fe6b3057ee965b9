from collections.abc import Mapping
from dataclasses import dataclass

from urllib3.util import parse_url


@dataclass(frozen=True)
class Settings:
    backend_url: str
    secret: str


def read_settings(env: Mapping[str, str]) -> Settings:
    """Ends the program with every wrong variable at once; the values themselves stay out of what it says."""
    problems: list[str] = []
    url = env.get("BACKEND_URL", "http://127.0.0.1:12015")
    try:
        parts = parse_url(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.host)
    except ValueError:
        is_address = False
    if not is_address:
        problems.append("BACKEND_URL: must be a URL such as http://127.0.0.1:12015")
    secret = env.get("SECRET_KEY", "")
    if len(secret) < 32:
        problems.append("SECRET_KEY: must have 32 characters or more")
    if problems:
        raise SystemExit("\n".join(problems))
    return Settings(url, secret)
