from dataclasses import dataclass
from typing import Any

import urllib3


class Unavailable(Exception):
    """The backend does not answer, or is being replaced."""


@dataclass
class Refused(Exception):
    status: int
    error: str
    message: str


class Backend:
    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._pool = urllib3.PoolManager(8, retries=False)

    # Long enough for requests that wait in front of a backend while it is being replaced.
    def ask(self, method: str, path: str, json: Any = None, token: str | None = None, seconds: float = 40) -> Any:
        answer = self._send(method, path, json, token, seconds)
        return answer.json() if answer.data else None

    def media(self, path: str, token: str | None) -> tuple[bytes, str]:
        answer = self._send("GET", path, None, token, 40)
        return answer.data, answer.headers.get("content-type", "application/octet-stream")

    def _send(self, method: str, path: str, json: Any, token: str | None, seconds: float) -> urllib3.BaseHTTPResponse:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        timeout = urllib3.Timeout(connect=3, read=seconds)
        try:
            answer = self._pool.request(method, f"{self._url}{path}", json=json, headers=headers, timeout=timeout)
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(str(error)) from error
        if answer.status < 400:
            return answer
        try:
            said = answer.json()
            refused = Refused(answer.status, said["error"], said["message"])
        except (ValueError, KeyError, TypeError) as error:
            # Not the backend's own words: whoever stands in front of it has nobody to ask.
            raise Unavailable(f"status {answer.status}") from error
        raise refused
