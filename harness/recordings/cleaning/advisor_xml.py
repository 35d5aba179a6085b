"""Cleans the XML of an advisor: groups, aliases, models and their accounts."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from harness.recordings.cleaning.replacements import Replacements

_WORDS = frozenset({
    "All", "AvailableEquity", "ContractsOrShares", "Equal", "EqualQuantity", "List of strings", "ManualAllocation",
    "MonetaryAmount", "NetLiq", "list", "PctChange", "Percent", "Percentages", "Ratio", "Ratios", "Shares",
})  # fmt: skip
"""Methods of allocation and the like, which mean the same for everybody."""


def clean_xml(text: str, given: Replacements) -> str:
    """Return XML in which every text and attribute is replaced, but for numbers and words that mean the same for all.

    Raises:
        ValueError: it is not XML, or has comments, declarations of types or other things that hide text.
    """
    if not text.strip():
        return text
    if "<!" in text or text.count("<?") > text.startswith("<?xml "):
        raise ValueError("markup that hides text")
    try:
        return _cleaned(text, given)
    except (ET.ParseError, RecursionError) as error:
        raise ValueError("not XML, or too deep") from error


def _cleaned(text: str, given: Replacements) -> str:
    root = ET.fromstring(text)  # noqa: S314 - nothing can be declared in it: that was refused
    for element in root.iter():
        element.text = _clean(element.text, given)
        element.tail = _clean(element.tail, given)
        for name, value in element.items():
            element.set(name, _clean(value, given) or "")
    head = '<?xml version="1.0" encoding="UTF-8"?>' if text.startswith("<?xml ") else ""
    return head + ET.tostring(root, encoding="unicode")


def _clean(text: str | None, given: Replacements) -> str | None:
    if text is None or not text.strip():
        return text
    word = text.strip()
    return text if word in _WORDS or _is_share(word) else text.replace(word, given.name(word, "Group"))


def _is_share(word: str) -> bool:
    """Return whether a text is a share or an amount of shares, which only tells how orders are split."""
    return word.replace(".", "", 1).isdecimal()
