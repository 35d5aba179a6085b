"""Data and code inside one HTML file: escaped so that nothing of it can end its element, and pinned by hash."""

from __future__ import annotations

import base64
import hashlib
import json

from markupsafe import Markup

_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def as_json(document: object) -> Markup:
    """Return JSON that may stand in a ``<script>``; parsing it gives the document back.

    The characters that HTML or older JavaScript would act upon stand only in texts, where JSON has escapes for them.
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character, escape in _UNSAFE.items():
        text = text.replace(character, escape)
    return Markup(text)  # noqa: S704 - made safe just above


def source_hash(text: str) -> str:
    """Return what a Content-Security-Policy calls this script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(*, script: str, style: str) -> str:
    """Return a Content-Security-Policy: this script, this style, an empty icon, and nothing from anywhere else."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {source_hash(script)}",
            f"style-src {source_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
