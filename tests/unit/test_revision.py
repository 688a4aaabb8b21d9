"""Reading another git revision of the project."""

from pathlib import Path

import pytest

from miyabi_infra.stacks.revision import RevisionError, tree
from tests.support import Project, git


@pytest.fixture
def repository(project: Project) -> Project:
    """A repository whose first commit has another overlay than the checkout."""
    git(project.root, "init", "-q")
    git(project.root, "add", ".")
    git(project.root, "commit", "-qm", "first")
    project.change("dev", ("single_nat_gateway: true", "single_nat_gateway: false"))
    return project


def test_a_revision_is_read_beside_the_checkout(repository: Project) -> None:
    with tree(repository.root, "HEAD") as root:
        there = (root / "environments/dev.yaml").read_text()

    assert "single_nat_gateway: true" in there
    assert "single_nat_gateway: false" in repository.overlay("dev").read_text()
    assert not root.exists()


def test_a_project_below_the_root_of_its_repository_is_found(tmp_path: Path) -> None:
    inner = tmp_path / "infra"
    (inner / "environments").mkdir(parents=True)
    (inner / "environments/dev.yaml").write_text("project: miyabi\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")

    with tree(inner, "HEAD") as root:
        assert (root / "environments/dev.yaml").read_text() == "project: miyabi\n"


@pytest.mark.parametrize("revision", ["no-such-branch", "--help", "HEAD~99"])
def test_a_revision_that_git_does_not_know_is_refused(repository: Project, revision: str) -> None:
    with pytest.raises(RevisionError, match="cannot be read"), tree(repository.root, revision):
        pass


def test_outside_a_repository_a_revision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RevisionError, match="not a git repository"), tree(tmp_path, "HEAD"):
        pass
