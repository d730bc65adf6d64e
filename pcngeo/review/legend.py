"""The legend: only what this map shows, in plain words, with the symbols that the map uses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from markupsafe import Markup

from pcngeo.review.facts import Facts
from pcngeo.review.library import own_markup
from pcngeo.review.symbols import MEANING, use

__all__ = ["explain_symbols", "further_marks", "small_symbol"]

Entry = tuple[Markup, str]


_LEVELS = {"breaks": "breaks a rule", "agree": "needs agreement"}
FLAGGED = "#B35900"


def explain_symbols(
    facts: Facts,
    drawn: Collection[str],
    links: Sequence[tuple[str, str, str]] = (),
    *,
    branches: bool = False,
) -> list[Entry]:
    """List the symbols on the map and what they mean.

    Parameters
    ----------
    facts
        What is said of the plan.
    drawn
        Practices that are on the map.
    links
        Links that no border shows: two practices and the kind.
    branches
        Whether branch surgeries are drawn.

    Returns
    -------
    list
        Symbol and words.
    """
    states = {p.status for p in facts.practices if p.code in drawn}
    networks = facts.networks
    circles = Markup(
        '<svg width="36" height="24" viewBox="0 0 36 24" aria-hidden="true">{}{}</svg>'
    ).format(own_markup(use("member", 4.5, 8, 14)), own_markup(use("member", 8.5, 24, 12)))
    found = [(circles, MEANING["member"])] if "member" in states else []
    if networks:
        found.append(
            (_badge(networks[0].id), "Network; colour and pattern only separate neighbours")
        )
    found += [entry for mark, entry in _marks(facts) if mark in _marked(facts)]
    kinds = {kind for a, b, kind in links if a in drawn and b in drawn}
    if kinds:
        words = " or ".join({"manual": "other link"}.get(kind, kind) for kind in sorted(kinds))
        found.append((_link(), f"{words[0].upper()}{words[1:]} that joins two practices"))
    if branches:
        found.append((_branch(), "Branch surgery; its practice has an area at each of its sites"))
    found += [(small_symbol(s), MEANING[s]) for s in MEANING if s != "member" and s in states]
    return found


def further_marks(facts: Facts) -> list[tuple[Markup, str, str]]:
    """List the marks that only a reader's trial can bring: symbol, words and the mark."""
    return [(*entry, mark) for mark, entry in _marks(facts) if mark not in {*_marked(facts), "W"}]


def _marked(facts: Facts) -> set[str]:
    return {network.mark for network in facts.networks}


def _marks(facts: Facts) -> list[tuple[str, Entry]]:
    """Explain what can stand beside the numbers of networks."""
    levels = {f.level for n in facts.networks if n.mark == "!" for f in n.flags} or {*_LEVELS}
    other = " or ".join(words for level, words in _LEVELS.items() if level in levels)
    words = {
        "\u25b2": f"Over {facts.rules.max_list:,}: needs agreement",
        "\u25bc": f"Under {facts.rules.min_list:,}: breaks a rule",
        "!": f"{other}; the table says which".capitalize(),
    }
    found = [(mark, (_badge(mark, FLAGGED), said)) for mark, said in words.items()]
    waiver = (_badge("W", "#FFFFFF", "#14202B"), "A waiver is granted; the table says why")
    return [*found, ("W", waiver)]


def small_symbol(status: str, r: float = 8.0) -> Markup:
    """Draw a practice's symbol for use among words."""
    size = 2.8 * r
    return own_markup(
        f'<svg width="{size:.0f}" height="{size:.0f}" viewBox="0 0 {size:.1f} {size:.1f}" '
        f'aria-hidden="true">{use(status, r, size / 2, size / 2)}</svg>'
    )


def _branch() -> Markup:
    return Markup(
        '<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true"><rect x="3" y="3" '
        'width="6" height="6" fill="#fff" stroke="#14202B" stroke-width="1.2"/></svg>'
    )


def _link() -> Markup:
    return Markup(
        '<svg width="30" height="12" viewBox="0 0 30 12" aria-hidden="true">'
        '<path d="M2 6h26" stroke="#14202B" stroke-width="5"/>'
        '<path d="M2 6h26" stroke="#fff" stroke-width="2" stroke-dasharray="4 3"/></svg>'
    )


def _badge(words: str, fill: str = "#14202B", ink: str = "#fff") -> Markup:
    wide = 10 + 10 * len(words)
    return Markup(
        '<svg width="{w}" height="22" viewBox="0 0 {w} 22" aria-hidden="true"><rect x="1" y="1" '
        'width="{i}" height="20" rx="5" fill="{f}" stroke="#14202B" stroke-width="1.5"/>'
        '<text x="{m}" y="16" text-anchor="middle" '
        'font-size="14" font-weight="700" fill="{k}">{t}</text></svg>'
    ).format(w=wide, i=wide - 2, f=fill, m=wide / 2, t=words, k=ink)
