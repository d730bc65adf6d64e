"""The folium map and the page around it.

folium makes the map (a `folium.Map` with `folium.GeoJson` layers); the root that it is rendered in
is our own page instead of folium's, so that ``map.save``, a notebook and `map_html` all give the
same file.

Coordinates are ``CRS.Simple`` in metres of the British grid, from a local origin: distances on the
map are exact, the scale bar is right, and what the page computes about a moved practice agrees with
Python to the digit because nothing is projected there and back.

folium names its elements at random and treats what it renders as a template once more. So elements
are numbered in order instead, and no word of the input ever goes through folium: its layers carry
numbers only, and names reach the page through escaped HTML or as JSON that is set as text.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

import folium
import shapely
from branca.element import Element, Figure, MacroElement
from folium.template import Template
from jinja2 import Environment, PackageLoader, StrictUndefined

from pcngeo.errors import DataError
from pcngeo.review.colours import EDGE, LAND, UNPLACED, pattern_fill
from pcngeo.review.library import SCRIPTS, leaflet_script, leaflet_style, own_file, own_markup
from pcngeo.review.options import Option
from pcngeo.review.picture import site_networks
from pcngeo.review.shapes import Shapes
from pcngeo.review.symbols import DEFINITIONS

__all__ = ["AreaMap", "ReviewPage", "build_map", "content_policy"]


class AreaMap(folium.Map):
    """A folium map on the British grid that asks nothing of the internet."""

    _template = Template(
        """
        {% macro html(this, kwargs) %}<div id="{{ this.get_name() }}"></div>{% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {
          center: {{ this.location|tojson }}, crs: L.CRS.{{ this.crs }},
          ...{{ this.options|tojavascript }}
        });
        {% endmacro %}
        """
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(tiles=None, crs="Simple", **options)
        self.default_js: list[tuple[str, str]] = []
        self.default_css: list[tuple[str, str]] = []


class _Start(MacroElement):
    """Hands folium's map and its layer of areas to the page's own script."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        pcngeo.start({{ this._parent.get_name() }}, {{ this.areas.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(self, areas: folium.GeoJson) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no annotations
        self._name = "Start"
        self.areas = areas


class ReviewPage(Figure):
    """The root of the map: renders the whole page.

    Parameters
    ----------
    words
        What the page's template is filled with.
    data
        What the page's script reads, as JSON.
    """

    def __init__(self, words: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        super().__init__(height="900px")
        self.words = dict(words)
        self.data = dict(data)

    def render(self, **kwargs: Any) -> str:
        """Write the page as HTML; the same map gives the same text, byte for byte."""
        number_elements(self)
        for part in (self.header, self.html, self.script):
            part._children.clear()
        for child in self._children.values():
            child.render(**kwargs)
        scripts = [leaflet_script(), *(own_file(name) for name in SCRIPTS)]
        scripts.append(_lines(self.script.render(**kwargs)))
        page = _environment().get_template("page.html")
        return page.render(
            **self.words,
            policy=content_policy(scripts, str(self.words.get("background", ""))),
            leaflet_css=own_markup(leaflet_style()),
            style=own_markup(own_file("page.css")),
            print_style=own_markup(own_file("print.css")),
            definitions=own_markup(DEFINITIONS),
            map_html=own_markup(_lines(self.html.render(**kwargs))),
            data=own_markup(_json(self.data)),
            scripts=[own_markup(script) for script in scripts],
        )


def number_elements(root: Element) -> None:
    """Name the elements by their order instead of at random."""
    waiting, number = [root], 0
    while waiting:
        element = waiting.pop(0)
        element._id = f"{number:04d}"
        number += 1
        waiting.extend(element._children.values())


def _lines(text: str) -> str:
    """Without the blank lines and margins that templates leave."""
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _json(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def content_policy(scripts: list[str], background: str = "") -> str:
    """Write the content-security policy: only these scripts run, and nothing is loaded.

    Parameters
    ----------
    scripts
        Text of every script element.
    background
        Address that pictures may be asked of; by default none.

    Returns
    -------
    str
        Value of the policy's ``content``.
    """
    hashes = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts)
    allowed = " ".join(f"'sha256-{value}'" for value in hashes)
    host = re.match(r"https://[A-Za-z0-9.-]+(:\d+)?(?=[/?]|$)", background)
    if background and not host:
        raise DataError(f"the background {background!r} is no https:// address")
    pictures = f"data: {host[0]}" if host else "data:"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src {pictures}; "
        "base-uri 'none'; form-action 'none'"
    )


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("pcngeo.review", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def build_map(
    shapes: Shapes,
    option: Option,
    words: Mapping[str, Any],
    data: Mapping[str, Any],
) -> AreaMap:
    """Make the folium map with its layers, inside the page.

    Parameters
    ----------
    shapes, option
        The drawing, and the plan that it opens with.
    words, data
        See `ReviewPage`.

    Returns
    -------
    AreaMap
        A `folium.Map`.
    """
    at, colours = site_networks(option.facts), option.colours
    west, south, east, north = shapes.bounds
    area_map = AreaMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=-4,
        zoom_control="topright",
        zoom_snap=0,
        zoom_delta=0.75,
        max_zoom=2,
        scroll_wheel_zoom=False,
        attribution_control=False,
        zoom_animation=False,
        fade_animation=False,
        keyboard_pan_delta=80,
    )
    area_map.add_to(ReviewPage(words, data))
    folium.GeoJson(
        _features([area for _, area in shapes.context]),
        name="Areas around",
        style_function=lambda _: {
            "fillColor": LAND, "fillOpacity": 1, "color": EDGE, "weight": 1,
        },
        interactive=False,
        smooth_factor=0.5,
    ).add_to(area_map)  # fmt: skip
    fills = {
        i: pattern_fill(colours[at[s]]) for i, s in enumerate(shapes.sites) if at.get(s) in colours
    }
    areas = folium.GeoJson(
        _features(list(shapes.areas)),
        name="Networks",
        style_function=lambda feature: {
            "fillColor": fills.get(feature["id"], UNPLACED), "fillOpacity": 1, "stroke": False,
        },
        smooth_factor=0,
    )  # fmt: skip
    areas.add_to(area_map)
    area_map.add_child(_Start(areas))
    return area_map


def _features(geometries: list[Any]) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": i, "properties": {}, "geometry": whole(geometry)}
            for i, geometry in enumerate(geometries)
        ],
    }


def whole(geometry: Any) -> dict[str, Any]:
    """Write a geometry as GeoJSON with whole numbers where coordinates are whole."""
    found: dict[str, Any] = json.loads(shapely.to_geojson(geometry))
    found["coordinates"] = _plain(found["coordinates"])
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if float(value).is_integer() else round(float(value), 1)
