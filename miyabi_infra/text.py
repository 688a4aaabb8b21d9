"""Text for people: tables whose widths follow from what they hold, so that the output is the same in a pipe."""

from collections.abc import Collection, Sequence


def escaped(text: str) -> str:
    """A text of people's in one line: what would begin another, or move the cursor, is shown as an escape."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> str:
    """Columns two spaces apart, a line under the header; `right` are the columns that hold numbers."""
    rows = [[escaped(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in (header, *rows)) for column in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Collection[int] = ()) -> str:
    """The same table in Markdown."""
    rules = ["---:" if column in right else "---" for column in range(len(header))]
    return "\n".join(
        f"| {' | '.join(escaped(cell).replace('|', chr(92) + '|') for cell in row)} |" for row in (header, rules, *rows)
    )


def some(items: Sequence[str], most: int, between: str = ", ") -> str:
    """The first of some texts: `a, b and 3 more`."""
    more = len(items) - most
    return between.join(items[:most]) + (f" and {more} more" if more > 0 else "")


def count(number: float, noun: str, plural: str = "") -> str:
    """`1 resource`, `2 resources`; `plural` is for a noun that takes no plain s."""
    shown = f"{number:g}" if isinstance(number, float) else str(number)
    return f"{shown} {noun if number == 1 else plural or f'{noun}s'}"
