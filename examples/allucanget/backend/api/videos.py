from datetime import datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel

from api.accounts import Data, User
from api.database import Row, now
from api.failure import Failure

# Without the video itself: a list is asked for often.
FIELDS = "id, prompt, status, message, created_at, started_at, finished_at"
router = APIRouter()


def check_prompt(text: str) -> str:
    text = text.strip()
    if not 3 <= len(text) <= 500:
        raise ValueError("use 3 to 500 characters")
    return text


class Wish(BaseModel):
    prompt: Annotated[str, AfterValidator(check_prompt)]


@router.post("/videos", status_code=202)
def request_video(wish: Wish, who: User, data: Data) -> Row:
    video = uuid4()
    with data.transaction() as run:
        waiting = run("select count(*) as n from generated_videos where user_id = ? and finished_at is null", who)[0][
            "n"
        ]
        if waiting >= 5:
            raise Failure(
                429, "too_many", "Five of your videos are still being made. One more when one of them is done."
            )
        run(
            "insert into generated_videos (id, user_id, prompt, status, attempts, created_at) values (?, ?, ?, 'queued', 0, ?)",
            *(video, who, wish.prompt, now()),
        )
        return _say(run(f"select {FIELDS} from generated_videos where id = ?", video)[0])


@router.get("/videos")
def list_videos(who: User, data: Data) -> dict[str, Any]:
    rows = data.run(f"select {FIELDS} from generated_videos where user_id = ? order by created_at desc limit 60", who)
    return {"videos": [_say(row) for row in rows]}


@router.get("/videos/{video}")
def get_video(video: UUID, who: User, data: Data) -> Row:
    return _say(_own(data, video, who, FIELDS))


@router.get("/videos/{video}/media")
def get_media(video: UUID, who: User, data: Data) -> Response:
    media = _own(data, video, who, "media")["media"]
    if media is None:
        raise Failure(404, "not_ready", "This video is not ready.")
    return Response(
        media, media_type="image/svg+xml", headers={"cache-control": "private, max-age=31536000, immutable"}
    )


@router.delete("/videos/{video}", status_code=204)
def delete_video(video: UUID, who: User, data: Data) -> None:
    _own(data, video, who, "id")
    data.run("delete from generated_videos where id = ?", video)


def _own(data: Data, video: UUID, who: UUID, fields: str) -> Row:
    rows = data.run(f"select {fields} from generated_videos where id = ? and user_id = ?", video, who)
    if not rows:
        raise Failure(404, "not_found", "There is no such video.")
    return rows[0]


def _say(row: Row) -> Row:
    return {name: f"{value.isoformat()}Z" if isinstance(value, datetime) else value for name, value in row.items()}
