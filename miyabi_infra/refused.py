"""What a command cannot do, told to its user."""


class Refused(Exception):  # noqa: N818  # no failure of the program: the command prints the text and exits with 2
    """A command that cannot be carried out as it was given; the text says why, and what would help."""
