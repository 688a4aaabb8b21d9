"""The environment in which Terraform runs: whose configuration it takes."""

from pathlib import Path

import pytest

from miyabi_infra.terraform import cli


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's configuration, and a mirror that is found."""
    file = tmp_path / "my.tfrc"
    file.touch()
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", str(file))
    monkeypatch.delenv(cli.MIRROR_VARIABLE, raising=False)
    monkeypatch.setattr(cli, "provider_mirror", lambda: tmp_path)
    return file


def test_a_configuration_that_the_user_names_is_respected(own: Path) -> None:
    assert cli.environment()["TF_CLI_CONFIG_FILE"] == str(own)


def test_a_mirror_that_the_user_names_has_priority(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cli.MIRROR_VARIABLE, str(own.parent))
    assert cli.environment()["TF_CLI_CONFIG_FILE"] != str(own)


def test_a_configuration_that_does_not_exist_is_left_out(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own.unlink()
    assert cli.environment()["TF_CLI_CONFIG_FILE"] != str(own)
    monkeypatch.setattr(cli, "provider_mirror", lambda: None)
    assert "TF_CLI_CONFIG_FILE" not in cli.environment()
