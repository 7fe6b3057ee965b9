import os
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, render_template, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from web.backend import Backend, Refused, Unavailable
from web.config import Settings, read_settings

IDEAS = [
    "A lighthouse by the sea at dusk",
    "A quiet town under the stars",
    "A fox walks home through the forest at dawn",
]
Answer = TypeVar("Answer")
POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"


class Session(SecureCookieSessionInterface):
    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure


def create_app(settings: Settings | None = None) -> Flask:
    settings = settings or read_settings(os.environ)
    app = Flask(__name__)
    app.secret_key = settings.secret
    app.config.update(SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_NAME="allucanget", MAX_CONTENT_LENGTH=64 * 1024)
    app.session_interface = Session()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)
    backend = Backend(settings.backend_url)

    def enter(answer: dict[str, Any]) -> None:
        session.permanent = True
        session.update(access=answer["access_token"], refresh=answer["refresh_token"])

    def as_visitor(call: Callable[[str], Answer]) -> Answer:
        """With the visitor's access token, and with a new one where that has run out."""
        if "refresh" not in session:
            abort(401)
        try:
            return call(session["access"])
        except Refused as refused:
            if refused.status != 401:
                raise
        try:
            enter(backend.ask("POST", "/auth/refresh", {"refresh_token": session["refresh"]}))
        except Refused:
            session.clear()
            abort(401)
        return call(session["access"])

    @app.before_request
    def refuse_foreign_sites() -> None:
        origin = request.headers.get("origin")
        if request.method == "POST" and origin and urlsplit(origin).netloc != request.host:
            abort(403)

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers["content-security-policy"] = POLICY
        response.headers["x-content-type-options"] = "nosniff"
        response.headers["referrer-policy"] = "same-origin"
        response.headers.setdefault("cache-control", "no-store")
        return response

    @app.get("/health")
    def health() -> dict[str, Any]:
        """Its own health is one thing, and whether it finds the backend another: a replaced backend must not end this."""
        try:
            backend.ask("GET", "/health", seconds=2)
            state = "connected"
        except (Refused, Unavailable):
            state = "unreachable"
        return {"ok": True, "backend": state, "release": os.environ.get("LANDFALL_RELEASE")}

    @app.get("/")
    def home() -> Any:
        if "refresh" in session:
            return redirect(url_for("videos"))
        return render_template("home.html", ideas=IDEAS)

    def account_page(page: str, path: str) -> Any:
        if request.method == "GET":
            return render_template("account.html", page=page)
        try:
            given = {"email": request.form.get("email", ""), "password": request.form.get("password", "")}
            enter(backend.ask("POST", path, given))
        except Refused as refused:
            return render_template(
                "account.html", page=page, problem=refused.message, email=given["email"]
            ), refused.status
        return redirect(url_for("videos"))

    @app.route("/signup", methods=["GET", "POST"])
    def signup() -> Any:
        return account_page("signup", "/auth/register")

    @app.route("/login", methods=["GET", "POST"])
    def login() -> Any:
        return account_page("login", "/auth/login")

    @app.post("/logout")
    def logout() -> Any:
        try:
            backend.ask("POST", "/auth/logout", {"refresh_token": session.pop("refresh", "")})
        except Refused:
            pass  # It is worth nothing already.
        session.clear()
        return redirect(url_for("home"))

    @app.route("/videos", methods=["GET", "POST"])
    def videos() -> Any:
        problem, prompt, status = None, "", 200
        if request.method == "POST":
            prompt = request.form.get("prompt", "")
            try:
                as_visitor(lambda token: backend.ask("POST", "/videos", {"prompt": prompt}, token))
                return redirect(url_for("videos"))
            except Refused as refused:
                problem, status = refused.message, refused.status
        listed = as_visitor(lambda token: backend.ask("GET", "/videos", token=token))["videos"]
        is_waiting = any(v["status"] in ("queued", "processing") for v in listed)
        # The script asks for the gallery alone, and only while there is something to wait for.
        page = "gallery.html" if request.args.get("part") == "gallery" else "videos.html"
        data = {"videos": listed, "is_waiting": is_waiting, "problem": problem, "prompt": prompt, "ideas": IDEAS}
        return render_template(page, **data), status

    @app.get("/videos/<uuid:video>/media")
    def media(video: Any) -> Response:
        body, kind = as_visitor(lambda token: backend.media(f"/videos/{video}/media", token))
        return Response(body, content_type=kind, headers={"cache-control": "private, max-age=31536000, immutable"})

    @app.post("/videos/<uuid:video>/delete")
    def delete(video: Any) -> Any:
        as_visitor(lambda token: backend.ask("DELETE", f"/videos/{video}", token=token))
        return redirect(url_for("videos"))

    @app.errorhandler(Refused)
    def refused(found: Refused) -> Any:
        return render_template("error.html", message=found.message), found.status

    @app.errorhandler(Unavailable)
    def unavailable(found: Unavailable) -> Any:
        app.logger.error("the backend does not answer: %s", found)
        message = "The studio does not answer right now. Please try again in a moment."
        return render_template("error.html", message=message), 503, {"retry-after": "5"}

    @app.errorhandler(HTTPException)
    def other(found: HTTPException) -> Any:
        if found.code == 401:
            return redirect(url_for("login"))
        return render_template("error.html", message=found.description), found.code or 500

    return app
