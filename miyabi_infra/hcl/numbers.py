"""Terraform's numbers: decimals that are exact as far as they are compared, and their text.

Terraform computes with 512 bits. Integers of up to 150 digits and decimals of up to 15 are the same there and here. A
result with more digits cannot be compared, and is not evaluated.
"""

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final

from miyabi_infra.hcl.values import Missing, NotEvaluated

_TEXT: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_LARGEST: Final = 10**150
_DIGITS: Final = 15
_EXPONENT: Final = 300
_BITS: Final = 512


def parsed(text: str) -> int | float:
    """The number in a string.

    Raises:
        Missing: for a string that is not a number.
        NotEvaluated: for a number with more digits than are compared.
    """
    if text.startswith("-0"):
        raise NotEvaluated("a zero that may be negative")
    if not _TEXT.fullmatch(text) or not text.isascii():
        if re.search(r"\d|[iI][nN][fF]", text) and re.fullmatch(r"[+-]?[\w.+-]+", text):
            raise NotEvaluated(f"a number in the form {text!r} is not supported")
        raise Missing(f"{text!r} is not a number")
    return of_decimal(Decimal(text))


def of_decimal(exact: Decimal) -> int | float:
    """A number from its decimal digits.

    Raises:
        NotEvaluated: for one with more digits than are compared.
    """
    if abs(exact.adjusted()) > _EXPONENT:
        raise NotEvaluated("a number of this size is not supported")
    return of_fraction(Fraction(exact))


def fraction(value: float) -> Fraction:
    """The exact decimal that a number stands for."""
    return Fraction(value) if isinstance(value, int) else Fraction(Decimal(repr(value)))


def computed(exact: Fraction, *operands: Fraction) -> int | float:
    """The number of a result, exact or not as Terraform's is.

    Raises:
        NotEvaluated: for one with more digits than are compared, or a zero that may be negative.
    """
    if exact == 0 and any(each < 0 for each in operands):
        raise NotEvaluated("a zero that may be negative")
    return of_fraction(exact)


def rounded(exact: Fraction) -> Fraction:
    """A number with the 512 bits that Terraform keeps."""
    if exact.denominator == 1 and exact.numerator.bit_length() <= _BITS:
        return exact
    shift = _BITS - (exact.numerator.bit_length() - exact.denominator.bit_length())
    scaled = exact * Fraction(2) ** shift
    if scaled.numerator.bit_length() - scaled.denominator.bit_length() > _BITS or abs(scaled) >= 1 << _BITS:
        shift -= 1
        scaled /= 2
    return Fraction(round(scaled)) / Fraction(2) ** shift


def of_fraction(exact: Fraction) -> int | float:
    """The number of an exact decimal.

    Raises:
        NotEvaluated: for one with more digits than are compared.
    """
    if exact.denominator == 1:
        if abs(exact.numerator) >= _LARGEST:
            raise NotEvaluated("a number of this size is not supported")
        return exact.numerator
    found = float(exact)
    if fraction(found) != exact or len(Decimal(repr(found)).as_tuple().digits) > _DIGITS:
        raise NotEvaluated("a number with more digits than are compared")
    return found


def number_text(value: float) -> str:
    """A number as a string: all digits, without an exponent."""
    if isinstance(value, int):
        return str(value)
    text = f"{Decimal(repr(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
