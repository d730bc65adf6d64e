"""The page a reviewer opens: one HTML file with the map, the words and the tables, no network.

A doctor opens it from an e-mail on a locked-down laptop, reads the proposal in four sentences,
finds their practice, sees who it is with and why, and prints it. Nothing is installed and nothing
leaves the page.

The rooms: `facts` (everything that is said, worked out once), `summary` (the sentences at the top),
`words` (how it is said, and the one rule for flags), `shapes` (what is drawn, without saying who is
where), `colours`, `symbols`, `bars`, `layout` (where symbols go), `places` (names of the areas
around), `picture` (the still map, for paper), `shading` (layers on it), `poster` and `raster` (it
alone, SVG and PNG), `saved`, `wishes` and `answers` (what reviewers send back), `options`,
`matching` and `compare` (several plans on one page), `legend`, `content` and `data` (fill the
page), `page` (folium's map and the page around it), `library` (Leaflet's files, inlined). The
page's own template, styles and scripts lie in ``assets``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pcngeo.plan import Plan
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import networkx as nx
    import pandas as pd

    from pcngeo.review.layers import Layers
    from pcngeo.review.page import ReviewPage

__all__ = ["draw_map", "map_html", "map_poster", "map_svg", "save_map"]


def draw_map(
    plan: Plan,
    practices: gpd.GeoDataFrame,
    territories: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame | None = None,
    *,
    graph: nx.Graph[str] | None = None,
    measures: pd.DataFrame | None = None,
    title: str = "",
    subtitle: str = "",
    sources: Sequence[str] = (),
    list_date: object = None,
    rules: Rules | None = None,
    context: gpd.GeoDataFrame | None = None,
    alternatives: Mapping[str, Plan] | None = None,
    today: bool = True,
    name: str = "",
    notes: Sequence[str] = (),
    branches: gpd.GeoDataFrame | None = None,
    layers: Layers | None = None,
) -> folium.Map:
    """Draw a plan as a folium map inside the review page.

    Parameters
    ----------
    plan
        The plan.
    practices
        Every practice of the area (`pcngeo.schema`). Columns `status` and `network` (as in
        `pcngeo.evaluate.membership`) are used where present, else derived from the plan.
    territories
        The area of every practice of the graph.
    boundary
        The commissioning area; its `name` is the area's name where no title is given.
    graph
        The graph that contiguity is judged on. Without it the page cannot say who is next to whom.
    measures
        Frame of `pcngeo.evaluate.measure`.
    title
        Name of the area, such as "NHS Tower Hamlets CCG".
    subtitle
        What else stands under the heading: version, who it is for.
    sources
        Where the data come from, one line each.
    list_date
        Date of the lists: a date, or text that starts with YYYY-MM-DD.
    rules
        The size window.
    context
        Areas around, with a column `name`, in EPSG:27700, to orient the eye.
    alternatives
        Other plans to switch to and compare with, by name. Their networks are numbered like those
        of `plan` that they have most people in common with.
    today
        Whether today's networks (`network_today`) are one of them, where most people are in one.
    name
        What the plan is called; by default Proposal, or Today for networks that were given.
    layers
        What else the map can show, where it is given: borders, deprivation, rurality.
    notes
        What else to say of areas, links and distances (`pcngeo.evidence.evidence_words`).
    branches
        Branch surgeries: column `practice`, points.

    Returns
    -------
    folium.Map
        Shows itself in a notebook; `save_map` writes the page. Coordinates are metres of the
        British grid (``CRS.Simple``) from a local origin.

    Raises
    ------
    DataError
        When practices or territories break their contract.
    """
    from pcngeo.review.content import date_words, page_words
    from pcngeo.review.data import drawn_links, page_data
    from pcngeo.review.judged import link_kinds, travel_words
    from pcngeo.review.options import gather_options, share_colours
    from pcngeo.review.page import build_map
    from pcngeo.review.shapes import draw_shapes
    from pcngeo.review.words import display_area
    from pcngeo.schema import check_practices, check_territories

    check_practices(practices)
    check_territories(territories)
    named = "" if boundary is None or not len(boundary) else str(boundary["name"].iloc[0])
    area = display_area(title or named)
    options = gather_options(
        plan,
        practices,
        territories,
        graph=graph,
        measures=measures,
        area=area,
        rules=rules or Rules(),
        alternatives=alternatives or {},
        today=today,
        name=name,
    )
    shapes = draw_shapes(territories, practices, boundary, context).with_branches(branches)
    options = share_colours(options, shapes)
    kind = "" if options[0].facts.existing else "proposed "
    words = page_words(
        options,
        shapes,
        heading=f"{area or 'This area'}: {kind}primary care networks",
        subtitle=subtitle,
        sources=sources,
        list_date=list_date,
        links=drawn_links(graph),
        notes=notes,
        kinds=link_kinds(graph),
        travel=travel_words(graph),
        layers=layers,
        branches=branches,
    )
    data = page_data(
        options,
        shapes,
        graph,
        area=area,
        lists=date_words(list_date),
        layers=layers,
        branches=branches,
    )
    return build_map(shapes, options[0], words, data)


def map_html(area_map: folium.Map) -> str:
    """Write the page of a map as text: one self-contained HTML document.

    Parameters
    ----------
    area_map
        A map that `draw_map` made.

    Returns
    -------
    str
        The same for the same input, byte for byte.
    """
    return _page(area_map).render()


def _page(area_map: folium.Map) -> ReviewPage:
    from pcngeo.review.page import ReviewPage

    root = area_map.get_root()
    if not isinstance(root, ReviewPage):
        raise TypeError("this map was not made by draw_map")
    return root


def map_svg(area_map: folium.Map) -> str:
    """Write the still map of the plan alone, as for paper: one SVG that needs nothing else.

    Parameters
    ----------
    area_map
        A map that `draw_map` made.

    Returns
    -------
    str
        An ``<svg>`` document.
    """
    from pcngeo.review.symbols import DEFINITIONS

    picture = str(_page(area_map).words["options"][0]["picture"])
    return picture.replace(">", f"><defs>{DEFINITIONS}</defs>", 1)


def map_poster(area_map: folium.Map, option: str = "", *, shade: str = "") -> str:
    """Write the map of a plan on a sheet of its own, with title, sizes, legend, date and sources.

    Parameters
    ----------
    area_map
        A map that `draw_map` made.
    option
        Name of the plan on the page; the first one where nothing is said.
    shade
        A layer of the page that colours the areas instead of the networks, such as
        "deprivation"; borders that the page can show are drawn as well.

    Returns
    -------
    str
        An ``<svg>`` document.

    Raises
    ------
    DataError
        When no plan of the page has that name, or no layer.
    """
    from pcngeo.errors import DataError
    from pcngeo.review.poster import draw_poster

    page = _page(area_map)
    words = page.words
    names = [str(one["name"]) for one in words["options"]]
    if option and option not in names:
        raise DataError(f"there is no plan {option!r} here", todo=f"Choose {', '.join(names)}")
    return draw_poster(words, names.index(option) if option else 0, data=page.data, shade=shade)


def save_map(area_map: folium.Map, path: str | Path) -> Path:
    """Write the page of a map to a file.

    Parameters
    ----------
    area_map
        A map that `draw_map` made.
    path
        The file to write, ``.html``.

    Returns
    -------
    Path
        The file.
    """
    path = Path(path)
    path.write_text(map_html(area_map), encoding="utf-8", newline="\n")
    return path
