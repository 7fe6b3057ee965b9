import hashlib
import hmac
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt

from api.config import Settings
from api.database import Database, Run, now
from api.failure import Failure

# Two requests of one browser may bring the same refresh token at the same moment; a thief comes later.
GRACE = timedelta(seconds=10)


def hash_password(password: str, salt: bytes | None = None) -> str:
    salt = salt or os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=5)
    return f"scrypt${salt.hex()}${digest.hex()}"


def is_password(password: str, stored: str) -> bool:
    return hmac.compare_digest(hash_password(password, bytes.fromhex(stored.split("$")[1])), stored)


class Tokens:
    """Access tokens say by themselves who it is; a refresh token is worth something only while its row says so."""

    def __init__(self, settings: Settings, database: Database, clock: Callable[[], datetime] = now) -> None:
        self._secret, self._database, self._clock = settings.jwt_secret, database, clock
        self._access = timedelta(minutes=settings.access_minutes)
        self._refresh = timedelta(days=settings.refresh_days)

    def issue(self, user: UUID) -> dict[str, Any]:
        with self._database.transaction() as run:
            return self._pair(run, user, uuid4())

    def rotate(self, token: str) -> dict[str, Any]:
        claims = self._read(token, "refresh")
        with self._database.transaction() as run:
            row = next(iter(run("select * from refresh_tokens where jti = ?", claims["jti"])), None)
            if row and not row["revoked_at"] and (not row["rotated_at"] or self._clock() - row["rotated_at"] <= GRACE):
                if not row["rotated_at"]:
                    run("update refresh_tokens set rotated_at = ? where jti = ?", self._clock(), row["jti"])
                return self._pair(run, row["user_id"], row["family"])
            if row:
                # It was used before: somebody has a copy, so that none of its descendants can be trusted.
                self._revoke(run, row["family"])
        raise Failure(401, "token_revoked", "Please log in again.")

    def revoke(self, token: str) -> None:
        claims = self._read(token, "refresh")
        with self._database.transaction() as run:
            for row in run("select family from refresh_tokens where jti = ?", claims["jti"]):
                self._revoke(run, row["family"])

    def user_of(self, token: str) -> UUID:
        return UUID(self._read(token, "access")["sub"])

    def _revoke(self, run: Run, family: UUID) -> None:
        run("update refresh_tokens set revoked_at = ? where family = ? and revoked_at is null", self._clock(), family)

    def _pair(self, run: Run, user: UUID, family: UUID) -> dict[str, Any]:
        at, jti = self._clock(), uuid4()
        run("delete from refresh_tokens where expires_at < ?", at)
        run("insert into refresh_tokens values (?, ?, ?, ?, ?, null, null)", jti, family, user, at, at + self._refresh)
        return {
            "access_token": self._sign(user, "access", at, self._access, uuid4()),
            "refresh_token": self._sign(user, "refresh", at, self._refresh, jti),
            "token_type": "bearer",
            "expires_in": int(self._access.total_seconds()),
        }

    def _sign(self, user: UUID, use: str, at: datetime, life: timedelta, jti: UUID) -> str:
        at = at.replace(tzinfo=UTC)
        claims = {"sub": str(user), "use": use, "iat": at, "exp": at + life, "jti": str(jti)}
        return jwt.encode(claims, self._secret, "HS256")

    def _read(self, token: str, use: str) -> dict[str, Any]:
        options: Any = {"require": ["sub", "exp", "jti", "use"], "verify_exp": False, "verify_iat": False}
        try:
            claims: dict[str, Any] = jwt.decode(token, self._secret, ["HS256"], options)
        except jwt.InvalidTokenError as error:
            raise Failure(401, "token_invalid", "Please log in again.") from error
        if claims["use"] != use:
            raise Failure(401, "token_invalid", f"This is no {use} token.")
        if claims["exp"] <= self._clock().replace(tzinfo=UTC).timestamp():
            raise Failure(401, "token_expired", "Please log in again.")
        return claims
