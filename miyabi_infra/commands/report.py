"""`miyabi-infra report`: write the HTML page of an environment to a file."""

from pathlib import Path

from miyabi_infra.pages.report import page
from miyabi_infra.refused import Refused
from miyabi_infra.writing import write_whole


def run(root: Path, environment: str, out: Path | None = None) -> int:
    """Write the report of an environment to a file, `<environment>.html` without one.

    Raises:
        Refused: when stacks or overlays cannot be read, the environment does not exist, or the file cannot be written.
    """
    file = out or Path(f"{environment}.html")
    text = page(root, environment)
    try:
        write_whole(file, text)
    except OSError as error:
        raise Refused(f"{file}: can't be written: {error.strerror}") from error
    print(f"written: {file}")
    return 0
