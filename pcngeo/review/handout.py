"""Handouts: pages of words, tables and pictures without a script, to read, print and send."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from pcngeo.review.page import content_policy

__all__ = ["write_handout"]


def write_handout(package: str, **content: Any) -> str:
    """Write the handout of a package: its ``page.html``, which goes on from ``handout.html``.

    Parameters
    ----------
    package
        Dotted name of the package that holds ``page.html``.
    content
        What the page names; text is escaped.

    Returns
    -------
    str
        HTML that loads nothing and runs no script.
    """
    loader = ChoiceLoader([PackageLoader(package, ""), PackageLoader("pcngeo.review", "assets")])
    rooms = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return rooms.get_template("page.html").render(policy=content_policy([]), **content)
