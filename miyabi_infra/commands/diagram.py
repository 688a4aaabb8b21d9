"""`miyabi-infra diagram`: print the picture of one environment, or write it to a file."""

from pathlib import Path

from miyabi_infra.pages import diagram
from miyabi_infra.pages.diagram import Form
from miyabi_infra.refused import Refused
from miyabi_infra.stacks import OUT, chosen, read
from miyabi_infra.writing import write_whole


def run(root: Path, environment: str | None, form: Form = "svg", out: Path | None = None) -> int:
    """Print the picture of an environment, or write it to a file.

    Raises:
        Refused: without an environment; when the stacks cannot be read, the environment does not exist, or the file
            cannot be written.
    """
    stacks = read(root / OUT)
    if environment is None:
        known = ", ".join(stack.environment for stack in stacks)
        raise Refused(
            f"diagram shows the picture of one environment: add --env; there are {known}. "
            f"The pictures of all are in {diagram.FOLDER.as_posix()}; 'make docs' writes them"
        )
    (stack,) = chosen(stacks, environment)
    picture = diagram.draw(stack, form)
    if out is None:
        print(picture, end="")
        return 0
    try:
        write_whole(out, picture)
    except OSError as error:
        raise Refused(f"{out}: can't be written: {error.strerror}") from error
    return 0
