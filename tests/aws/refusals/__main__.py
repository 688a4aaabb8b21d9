"""Write the list of the catalogue: `python -m tests.aws.refusals`."""

from tests.aws.refusals.page import FILE, page

FILE.write_text(page(), encoding="utf-8")
