"""The page a reviewer opens: one HTML file with the map, the words and the tables, no network.

A doctor opens it from an e-mail on a locked-down laptop, reads the proposal in four sentences,
finds their practice, sees who it is with and why, and prints it. Nothing is installed and nothing
leaves the page.

The rooms: `facts` (everything that is said, worked out once), `words` (how it is said), `shapes`
(what is drawn, without saying who is where), `colours`, `symbols`, `bars`, `layout` (where symbols
go), `picture` (the still map, for paper), `content` (fills the page), `page` (folium's map and the
page around it), `library` (Leaflet's files, inlined). The page's own template, styles and scripts
lie in ``assets``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pcngeo.plan import Plan, Status
from pcngeo.rules import Rules

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import networkx as nx
    import pandas as pd

__all__ = ["draw_map", "map_html", "save_map"]


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
    from pcngeo.review.colours import colour_networks
    from pcngeo.review.content import drawn_links, page_data, page_words
    from pcngeo.review.facts import gather
    from pcngeo.review.page import build_map
    from pcngeo.review.picture import draw_picture, site_networks
    from pcngeo.review.shapes import draw_shapes
    from pcngeo.review.words import display_area
    from pcngeo.schema import check_practices, check_territories

    check_practices(practices)
    check_territories(territories)
    named = "" if boundary is None or not len(boundary) else str(boundary["name"].iloc[0])
    area = display_area(title or named)
    facts = gather(plan, practices, graph=graph, measures=measures, area=area, rules=rules)
    shapes = draw_shapes(territories, practices, boundary, context)
    at = site_networks(facts)
    ids = [n.id for n in facts.networks]
    colours = colour_networks(ids, shapes.neighbours(at), near=shapes.near(at))
    links = drawn_links(graph)
    kind = "" if plan.status is Status.GIVEN else "proposed "
    heading = f"{area or 'This area'}: {kind}primary care networks"
    picture = draw_picture(shapes, facts, colours, links=links, title=f"Map. {facts.summary[0][0]}")
    words = page_words(
        facts,
        shapes,
        colours,
        picture=picture,
        heading=heading,
        subtitle=subtitle,
        sources=sources,
        list_date=list_date,
        links=links,
    )
    return build_map(shapes, at, colours, words, page_data(facts, shapes, colours, graph))


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
    return str(area_map.get_root().render())


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
