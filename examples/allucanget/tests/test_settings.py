import pytest
from api.config import SettingsError, read_settings
from web.config import read_settings as read_frontend


def test_every_wrong_variable_of_the_backend_is_named_at_once_and_no_value():
    with pytest.raises(SettingsError) as found:
        read_settings({"JWT_SECRET": "hunter2", "PORT": "many", "VIDEO_POLL_SECONDS": "-3"})
    lines = str(found.value).splitlines()
    assert [line.split(":")[0] for line in lines] == ["JWT_SECRET", "PORT", "VIDEO_POLL_SECONDS"]
    assert "hunter2" not in str(found.value)


@pytest.mark.parametrize("url", [":12015", "127.0.0.1:12015", "http://", "ftp://backend", ""])
def test_an_address_of_the_backend_that_is_no_url_is_refused(url: str):
    with pytest.raises(SystemExit, match="BACKEND_URL: must be a URL"):
        read_frontend({"BACKEND_URL": url, "SECRET_KEY": "x" * 32})
