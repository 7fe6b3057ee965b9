import time
from dataclasses import replace

import pytest
from api.config import Settings
from api.database import Database
from api.main import create_app
from fastapi.testclient import TestClient
from httpx2 import Response

ANN = {"email": " Ann@Example.org ", "password": "correct horse"}


def enter(client: TestClient, email: str = "ann@example.org") -> dict[str, str]:
    return {
        "authorization": f"Bearer {client.post('/auth/register', json=ANN | {'email': email}).json()['access_token']}"
    }


def error(answer: Response) -> tuple[int, str]:
    assert set(answer.json()) == {"error", "message"}
    return answer.status_code, answer.json()["error"]


def test_somebody_signs_up_logs_in_and_logs_out(client: TestClient):
    assert client.post("/auth/register", json=ANN).status_code == 201
    assert error(client.post("/auth/register", json=ANN)) == (409, "email_taken")
    assert error(client.post("/auth/login", json=ANN | {"password": "wrong horse"})) == (401, "wrong_credentials")
    assert error(client.post("/auth/login", json=ANN | {"email": "bob@example.org"})) == (401, "wrong_credentials")
    pair = client.post("/auth/login", json=ANN).json()
    assert pair["expires_in"] == 15 * 60
    me = client.get("/auth/me", headers={"authorization": f"Bearer {pair['access_token']}"}).json()
    assert me["email"] == "ann@example.org"
    new = client.post("/auth/refresh", json={"refresh_token": pair["refresh_token"]}).json()
    given = {"refresh_token": new["refresh_token"]}
    assert client.post("/auth/logout", json=given).status_code == 204
    assert error(client.post("/auth/refresh", json=given)) == (401, "token_revoked")


@pytest.mark.parametrize(
    "method, path", [("GET", "/auth/me"), ("GET", "/videos"), ("POST", "/videos"), ("DELETE", "/videos/1")]
)
def test_everything_else_wants_a_bearer_token(client: TestClient, method: str, path: str):
    assert error(client.request(method, path)) == (401, "token_missing")
    assert error(client.request(method, path, headers={"authorization": "Bearer x"})) == (401, "token_invalid")


def test_whatever_is_wrong_is_said_in_the_same_two_fields_and_never_with_what_was_sent(client: TestClient):
    assert error(client.get("/nowhere")) == (404, "not_found")
    answer = client.post("/auth/register", json={"email": "ann", "password": "hunter2"})
    assert error(answer) == (422, "invalid")
    assert answer.json()["message"] == "email: this is not an e-mail address; password: use ten characters or more"
    assert error(client.post("/auth/login", content=b"{", headers={"content-type": "application/json"})) == (
        422,
        "invalid",
    )


def test_a_video_is_queued_made_shown_to_its_owner_alone_and_deleted(client: TestClient):
    ann, bob = enter(client), enter(client, "bob@example.org")
    video = client.post("/videos", json={"prompt": " A fox "}, headers=ann)
    assert (video.status_code, video.json()["status"], video.json()["prompt"]) == (202, "queued", "A fox")
    path = f"/videos/{video.json()['id']}"
    for _ in range(500):
        if client.get(path, headers=ann).json()["status"] == "completed":
            break
        time.sleep(0.02)
    media = client.get(f"{path}/media", headers=ann)
    assert (media.status_code, media.headers["content-type"]) == (200, "image/svg+xml")
    assert [v["prompt"] for v in client.get("/videos", headers=ann).json()["videos"]] == ["A fox"]
    assert client.get("/videos", headers=bob).json() == {"videos": []}
    for method, what in (("GET", path), ("GET", f"{path}/media"), ("DELETE", path)):
        assert error(client.request(method, what, headers=bob)) == (404, "not_found")
    assert client.delete(path, headers=ann).status_code == 204
    assert error(client.get(path, headers=ann)) == (404, "not_found")


@pytest.mark.parametrize("prompt", ["", "  a ", "x" * 501, 7])
def test_a_prompt_that_is_none_is_refused(client: TestClient, prompt: object):
    assert error(client.post("/videos", json={"prompt": prompt}, headers=enter(client))) == (422, "invalid")


def test_nobody_fills_the_queue_alone(settings: Settings, database: Database):
    with TestClient(create_app(replace(settings, poll_seconds=60), database)) as client:
        ann, bob = enter(client), enter(client, "bob@example.org")
        answers = [client.post("/videos", json={"prompt": f"fox {i}"}, headers=ann).status_code for i in range(7)]
        assert answers == [202] * 5 + [429] * 2
        assert client.post("/videos", json={"prompt": "a bear"}, headers=bob).status_code == 202
