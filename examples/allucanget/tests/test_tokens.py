from datetime import timedelta
from uuid import uuid4

import pytest
from api.config import Settings
from api.database import Database, now
from api.failure import Failure
from api.tokens import Tokens, hash_password, is_password


class Clock:
    def __init__(self) -> None:
        self.at = now()

    def __call__(self):
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(settings: Settings, database: Database, clock: Clock) -> Tokens:
    return Tokens(settings, database, clock)


def test_a_password_is_kept_so_that_only_itself_fits():
    stored = hash_password("correct horse")
    assert "correct" not in stored and stored != hash_password("correct horse")
    assert is_password("correct horse", stored) and not is_password("correct hors", stored)


def test_an_access_token_is_good_for_fifteen_minutes(tokens: Tokens, clock: Clock):
    user = uuid4()
    pair = tokens.issue(user)
    clock.at += timedelta(minutes=14, seconds=59)
    assert tokens.user_of(pair["access_token"]) == user
    clock.at += timedelta(seconds=2)
    with pytest.raises(Failure) as found:
        tokens.user_of(pair["access_token"])
    assert (found.value.status, found.value.error) == (401, "token_expired")


def test_a_refresh_token_gives_a_new_pair_and_is_no_access_token(tokens: Tokens):
    user = uuid4()
    pair = tokens.issue(user)
    new = tokens.rotate(pair["refresh_token"])
    assert new["refresh_token"] != pair["refresh_token"]
    assert tokens.user_of(new["access_token"]) == user
    for wrong in (pair["refresh_token"], "", "a.b.c", pair["access_token"][:-2] + "xx"):
        with pytest.raises(Failure):
            tokens.user_of(wrong)
    with pytest.raises(Failure):
        tokens.rotate(pair["access_token"])


def test_two_requests_of_one_browser_may_refresh_at_the_same_moment(tokens: Tokens, clock: Clock):
    pair = tokens.issue(uuid4())
    first = tokens.rotate(pair["refresh_token"])
    clock.at += timedelta(seconds=9)
    second = tokens.rotate(pair["refresh_token"])
    for one in (first, second):
        tokens.rotate(one["refresh_token"])


def test_a_refresh_token_that_is_used_again_later_ends_all_that_came_from_it(tokens: Tokens, clock: Clock):
    user = uuid4()
    other_device = tokens.issue(user)
    stolen = tokens.issue(user)
    new = tokens.rotate(stolen["refresh_token"])
    clock.at += timedelta(seconds=11)
    for token in (stolen, new):
        with pytest.raises(Failure) as found:
            tokens.rotate(token["refresh_token"])
        assert found.value.error == "token_revoked"
    tokens.rotate(other_device["refresh_token"])


def test_a_revoked_refresh_token_is_worth_nothing_and_old_rows_go(tokens: Tokens, database: Database, clock: Clock):
    pair = tokens.issue(uuid4())
    tokens.revoke(pair["refresh_token"])
    with pytest.raises(Failure) as found:
        tokens.rotate(pair["refresh_token"])
    assert found.value.error == "token_revoked"
    clock.at += timedelta(days=31)
    tokens.issue(uuid4())
    assert database.run("select count(*) as n from refresh_tokens") == [{"n": 1}]
