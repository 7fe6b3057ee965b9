import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

log = logging.getLogger("api")


class Failure(Exception):
    """An answer other than the wanted one. `error` is for programs, `message` for people."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.message = status, error, message


def _answer(status: int, error: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": error, "message": message}, status, headers)


def answer_failures(app: FastAPI) -> None:
    """Whatever goes wrong, the answer has the same two fields."""

    @app.exception_handler(Failure)
    async def known(_: Request, failure: Failure) -> JSONResponse:
        headers = {"www-authenticate": "Bearer"} if failure.status == 401 else None
        return _answer(failure.status, failure.error, failure.message, headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, found: RequestValidationError) -> JSONResponse:
        # Of what was sent only the names: it may hold a password.
        said = [f"{e['loc'][-1]}: {e['msg'].removeprefix('Value error, ')}" for e in found.errors()]
        return _answer(422, "invalid", "; ".join(said))

    @app.exception_handler(HTTPException)
    async def unrouted(_: Request, found: HTTPException) -> JSONResponse:
        return _answer(found.status_code, "not_found" if found.status_code == 404 else "refused", str(found.detail))

    @app.exception_handler(Exception)
    async def unforeseen(_: Request, __: Exception) -> JSONResponse:
        # The traceback is in the log already: the server raises it again after this answer.
        return _answer(500, "internal", "Something went wrong on our side.")
