import re
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, BaseModel, Field

from api.database import Database, now
from api.failure import Failure
from api.tokens import Tokens, hash_password, is_password


def check_email(text: str) -> str:
    text = text.strip().lower()
    if len(text) > 254 or not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text):
        raise ValueError("this is not an e-mail address")
    return text


def check_password(text: str) -> str:
    if not 10 <= len(text) <= 200:
        raise ValueError("use ten characters or more")
    return text


Email = Annotated[str, AfterValidator(check_email)]
# Somebody who does not exist takes as long to refuse as somebody who does.
NOBODY = hash_password("nobody", b"no salt for them")


class Account(BaseModel):
    email: Email
    password: Annotated[str, AfterValidator(check_password)]


class Login(BaseModel):
    email: Email
    password: str = Field(max_length=200)


class Refresh(BaseModel):
    refresh_token: str = Field(max_length=2000)


def database(request: Request) -> Database:
    return request.app.state.database


def tokens(request: Request) -> Tokens:
    return request.app.state.tokens


Data = Annotated[Database, Depends(database)]
Issuer = Annotated[Tokens, Depends(tokens)]
bearer = HTTPBearer(auto_error=False)


def user(issuer: Issuer, data: Data, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> UUID:
    if not given:
        raise Failure(401, "token_missing", "Please log in.")
    who = issuer.user_of(given.credentials)
    if not data.run("select 1 from users where id = ?", who):
        raise Failure(401, "token_invalid", "Please log in again.")
    return who


User = Annotated[UUID, Depends(user)]
router = APIRouter()


@router.post("/auth/register", status_code=201)
def register(account: Account, data: Data, issuer: Issuer) -> dict[str, Any]:
    who, password = uuid4(), hash_password(account.password)
    with data.transaction() as run:
        if run("select 1 from users where email = ?", account.email):
            raise Failure(409, "email_taken", "There is an account with this address already.")
        run("insert into users values (?, ?, ?, ?)", who, account.email, password, now())
    return issuer.issue(who)


@router.post("/auth/login")
def login(account: Login, data: Data, issuer: Issuer) -> dict[str, Any]:
    found = next(iter(data.run("select id, password from users where email = ?", account.email)), None)
    is_right = is_password(account.password, found["password"] if found else NOBODY)
    if not found or not is_right:
        raise Failure(401, "wrong_credentials", "Address and password do not match.")
    return issuer.issue(found["id"])


@router.post("/auth/refresh")
def refresh(given: Refresh, issuer: Issuer) -> dict[str, Any]:
    return issuer.rotate(given.refresh_token)


@router.post("/auth/logout", status_code=204)
def logout(given: Refresh, issuer: Issuer) -> None:
    issuer.revoke(given.refresh_token)


@router.get("/auth/me")
def me(who: User, data: Data) -> dict[str, Any]:
    return data.run("select id, email from users where id = ?", who)[0]
