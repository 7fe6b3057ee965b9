import time
from collections.abc import Callable

import jwt
import pytest
from conftest import SECRET, Process
from flask.testing import FlaskClient
from web.app import create_app
from web.config import Settings

ANN = {"email": "ann@example.org", "password": "correct horse"}


@pytest.fixture
def open_pages(start: Callable[..., Process]) -> Callable[..., FlaskClient]:
    def open_pages(**env: str) -> FlaskClient:
        backend = start(VIDEO_SECONDS="0", **env).healthy()
        return create_app(Settings(backend.url, "x" * 32)).test_client()

    return open_pages


def test_somebody_signs_up_asks_for_a_video_and_sees_it(open_pages: Callable[..., FlaskClient]):
    pages = open_pages()
    assert "Make your first video" in pages.get("/").text
    assert "Nothing here yet" in pages.post("/signup", data=ANN, follow_redirects=True).text
    text = pages.post("/videos", data={"prompt": "A <b>fox</b>"}, follow_redirects=True).text
    assert "A &lt;b&gt;fox&lt;/b&gt;" in text
    for _ in range(300):
        text = pages.get("/videos?part=gallery").text
        if "/media" in text:
            break
        time.sleep(0.05)
    address = text.split('<img src="')[1].split('"')[0]
    media = pages.get(address)
    assert (media.status_code, media.content_type) == (200, "image/svg+xml")
    assert "default-src 'self'" in media.headers["content-security-policy"]
    assert "Nothing here yet" in pages.post(address.replace("/media", "/delete"), follow_redirects=True).text


def test_a_wrong_password_answers_401_on_the_page_itself(open_pages: Callable[..., FlaskClient]):
    answer = open_pages().post("/login", data=ANN)
    assert answer.status_code == 401
    assert "do not match" in answer.text and ANN["email"] in answer.text and ANN["password"] not in answer.text


def test_an_access_token_that_ran_out_is_renewed_without_a_word(open_pages: Callable[..., FlaskClient]):
    pages = open_pages()
    pages.post("/signup", data=ANN)
    with pages.session_transaction() as visitor:
        claims = jwt.decode(visitor["access"], SECRET, ["HS256"])
        visitor["access"] = old = jwt.encode(claims | {"exp": claims["iat"] - 1}, SECRET, "HS256")
    assert pages.get("/videos").status_code == 200
    with pages.session_transaction() as visitor:
        assert visitor["access"] != old


def test_who_is_not_logged_in_is_led_to_the_login_also_after_logging_out(open_pages: Callable[..., FlaskClient]):
    pages = open_pages()
    assert pages.get("/videos").headers["location"] == "/login"
    pages.post("/signup", data=ANN)
    pages.post("/logout")
    assert pages.get("/videos").headers["location"] == "/login"


def test_a_form_of_another_site_is_refused(open_pages: Callable[..., FlaskClient]):
    pages = open_pages()
    assert pages.post("/login", data=ANN, headers={"origin": "https://evil.example"}).status_code == 403
    assert pages.post("/login", data=ANN, headers={"origin": "http://localhost"}).status_code == 401


def test_the_cookie_is_secure_behind_tls(open_pages: Callable[..., FlaskClient]):
    answer = open_pages().post("/signup", data=ANN, headers={"x-forwarded-proto": "https"})
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(answer.headers["set-cookie"].split("; "))


def test_without_a_backend_the_frontend_is_well_and_says_what_is_missing():
    pages = create_app(Settings("http://127.0.0.1:1", "x" * 32)).test_client()
    assert pages.get("/health").json == {"ok": True, "backend": "unreachable", "release": None}
    answer = pages.post("/login", data=ANN)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
