"""`ivr graph`: the codes it names are those that direct dial takes, and the pictures are whole, readable and valid."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ivr import cli
from ivr.catalog.codes import arrives, codes_of, from_entry, leads_to, ussd_entries
from ivr.catalog.compile import compile_operator
from ivr.catalog.graph import Graph, graph_of, neighbourhood
from ivr.catalog.graph_around import lay_out_around
from ivr.catalog.graph_boxes import Box, mark_text
from ivr.catalog.graph_layout import Sheet, lay_out
from ivr.catalog.graph_measure import clip, text_width, wrap
from ivr.catalog.graph_svg import svg
from ivr.catalog.graph_text import dot, mermaid, mermaid_names
from ivr.catalog.written import condition_text
from ivr.engine.expressions import parse
from ivr.engine.model import Model
from tests.engine.fake import Walk, postpaid, prepaid, shipped
from tests.tools.trees import OPERATOR, PREPAID, SETTINGS, SMALL, large, write
from tests.web.chromium import binary

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def model_of(folder: Path, files: Mapping[str, str] = SMALL) -> Model:
    home = write(folder, files)
    compiled = compile_operator(home, folder / "locales")
    assert compiled.model is not None, "\n".join(map(str, compiled.faults))
    return compiled.model


@pytest.fixture
def small(tmp_path: Path) -> Graph:
    return graph_of(model_of(tmp_path))


@pytest.fixture(scope="module")
def hundred(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    graph = graph_of(model_of(tmp_path_factory.mktemp("hundred"), large(100)))
    assert len(graph.nodes) == 100
    return graph


# -- the graph itself


def test_what_leads_where(small: Graph) -> None:
    assert [(link.source, link.kind, link.key, link.target) for node in small.nodes.values() for link in node.links] == [
        ("prepaid.main", "choice", "1", "prepaid.account"),
        ("prepaid.main", "choice", "2", "settings.language"),
        ("prepaid.main", "choice", "3", "prepaid.turn_off"),
        ("prepaid.main", "choice", "4", "end"),
        ("prepaid.account", "choice", "1", "prepaid.charges"),
        ("prepaid.account", "choice", "2", "prepaid.balance"),
        ("prepaid.turn_off", "outcome", "already", "prepaid.main"),
        ("settings.language", "choice", "1", "settings.change"),
        ("settings.language", "choice", "2", "settings.change"),
        ("settings.language", "tries", "2 x wrong keys", "settings.language"),
    ]
    assert [(way.text, way.go, way.then) for way in small.ways] == [
        ("*1#", "prepaid.main", None),
        ("call 1", "prepaid.balance", "prepaid.main"),
    ]
    assert {name: node.codes for name, node in small.nodes.items()} == {
        "prepaid.main": ("*1#",),
        "prepaid.account": ("*1*1#",),
        "prepaid.balance": ("*1*1*2#",),
        "prepaid.charges": ("*1*1*1#",),
        "prepaid.turn_off": ("*1*3#",),
        "settings.language": ("*1*2#",),
        "settings.change": ("*1*2*1#",),
    }
    balance = small.nodes["prepaid.balance"]
    assert [mark_text(mark.kind, mark.text) for mark in balance.marks] == ["fee balance 0.10 ussd sms", "get accounts.balance"]
    assert small.nodes["prepaid.main"].links[2].when == "line.notices"


def test_every_code_is_where_the_engine_arrives() -> None:
    """Each code of the shipped operator, dialled. A choice that this line does not see, or that another line owns, is left out."""
    model, tried = shipped(), 0
    for menu, codes in codes_of(model).items():
        for code in codes:
            line = prepaid() if code.entry.serves == "prepaid" else postpaid()
            if menu == "prepaid.turn_on":
                line = prepaid(notices=False)
            dialled = str(code).format(owner="994501110102", number="994501110002", serial="1234567890", item="1")
            walk = Walk(dialled, line, "en")
            assert walk.state.frames[-1].menu == menu, code
            assert "There is no such choice" not in walk.text, code
            tried += 1
    assert tried >= 20


def test_codes_of_many_menus_are_where_the_engine_arrives(tmp_path: Path) -> None:
    model, tried = model_of(tmp_path, large(60, 5)), 0
    for menu, codes in codes_of(model).items():
        code = codes[tried % len(codes)]
        walk = Walk(str(code), prepaid(), "en", model=model)
        assert walk.state.frames[-1].menu == menu, code
        tried += 1
    assert tried == 60


def test_a_code_that_leads_nowhere_is_known() -> None:
    model = shipped()
    (entry,) = [entry for entry in ussd_entries(model) if entry.parts == ("111",)]
    assert leads_to(model, entry, ("111", "1", "7")) == "prepaid.balance"
    assert leads_to(model, entry, ("111", "1", "5")) is None
    assert all(leads_to(model, entry, code.parts) == code.menu for code in from_entry(model, entry))


def test_a_code_of_its_own_hides_the_way_through_the_menus(tmp_path: Path) -> None:
    files = {
        **SMALL,
        "prepaid": PREPAID.replace("entries:\n", 'entries:\n  - {ussd: "*1*1#", go: charges}\n').replace(
            'published: {"*1*1*2#": balance}\n', ""
        ),
    }
    graph = graph_of(model_of(tmp_path, files))
    assert graph.nodes["prepaid.charges"].codes == ("*1*1#",)
    assert graph.nodes["prepaid.account"].codes == () and graph.nodes["prepaid.balance"].codes == ()


def test_a_field_of_a_code_leaves_the_keys_to_the_menu(tmp_path: Path) -> None:
    """`*5*1#` is the key 1, for the number that `*5*{phone}#` takes is longer."""
    menus = """\
serves: everyone
entries:
  - {ussd: "*5#", go: main}
  - {ussd: "*5*{phone}#", go: ring}
menus:
  main: {say: Main, choices: {"1": {label: One, go: one}}}
  one: {say: One}
  ring:
    ask: {phone: {say: Whom, type: msisdn}}
    say: "Ring {phone}"
"""
    model = model_of(tmp_path, {"operator": OPERATOR, "m": menus})
    assert {name: node.codes for name, node in graph_of(model).nodes.items()} == {
        "m.main": ("*5#",),
        "m.one": ("*5*1#",),
        "m.ring": ("*5*{phone}#",),
    }
    (short, _) = ussd_entries(model)
    assert arrives(model, short, ("5", "994501110001")) == "m.ring" and arrives(model, short, ("5", "1")) == "m.one"


def test_forms_stand_in_the_code_and_secrets_and_confirmations_end_it(tmp_path: Path) -> None:
    form = """\
serves: everyone
entries:
  - {ussd: "*5#", go: send}
menus:
  send:
    ask:
      phone: {say: Whom, type: msisdn}
      amount: {say: How much, type: money}
    say: "To {phone}: {amount}"
    choices: {"1": {label: Sure, go: sure}, "2": {label: Secret, go: secret}}
  sure:
    confirm: Sure?
    do: accounts.notices_off
    say: Gone
    choices: {"1": {label: Next, go: behind}}
    otherwise: {already: Gone}
  secret:
    ask: {pin: {say: PIN, digits: "4", secret: true}}
    say: Good
    choices: {"1": {label: Next, go: unseen}}
  behind: {say: Behind}
  unseen: {say: Unseen}
"""
    graph = graph_of(model_of(tmp_path, {"operator": OPERATOR, "form": form}))
    assert {name: node.codes for name, node in graph.nodes.items()} == {
        "form.send": ("*5*{phone}*{amount}#",),
        "form.sure": ("*5*{phone}*{amount}*1#",),
        "form.secret": ("*5*{phone}*{amount}*2#",),
        "form.behind": (),
        "form.unseen": (),
    }
    assert ("ask", "pin (secret)") in [(mark.kind, mark.text) for mark in graph.nodes["form.secret"].marks]


def test_items_of_a_list_and_fields_that_are_handed_over(tmp_path: Path) -> None:
    """An item is dialled by its number; what a choice or an item hands over is not; a name that two menus use is asked by both."""
    lists = """\
serves: everyone
entries:
  - {ussd: "*5#", go: charges}
  - {ussd: "*6*{amount}#", go: ask}
menus:
  charges:
    get: {statement: accounts.statement}
    say: Charges
    list:
      of: statement.postings
      item: "{at} {amount}"
      none: None yet
      choose: {label: "For {amount} press {key}", go: one, with: {amount: "{amount}"}}
  one:
    ask: {amount: {say: How much, type: money}}
    say: "It was {amount}"
    choices: {"1": {label: Again, go: ask}}
  ask:
    ask: {amount: {say: How much, type: money}}
    say: "Now {amount}"
"""
    graph = graph_of(model_of(tmp_path, {"operator": OPERATOR, "lists": lists}))
    assert {name: node.codes for name, node in graph.nodes.items()} == {
        "lists.charges": ("*5#",),
        "lists.one": ("*5*{item}#",),
        "lists.ask": ("*6*{amount}#", "*5*{item}*1*{amount}#"),
    }
    assert ("item", "1, 2 ...", "lists.one") in [(link.kind, link.key, link.target) for link in graph.links()]


@pytest.mark.parametrize(
    "text",
    [
        "line.notices",
        "not line.roaming and account.advance > 0",
        "(a.b > 1 or c) and not (d or e)",
        "a - (b - c) == 2 * (d + 1.50)",
        "line.kind == prepaid or line.tariff == 'Biznes 30'",
        "-a < 3 and true",
    ],
)
def test_conditions_are_written_as_they_are_read(text: str) -> None:
    assert condition_text(parse(text)) == text


def test_the_neighbourhood_of_a_menu(small: Graph) -> None:
    assert set(neighbourhood(small, "prepaid.account", 0).nodes) == {"prepaid.account"}
    assert set(neighbourhood(small, "prepaid.account", 1).nodes) == {
        "prepaid.main",
        "prepaid.account",
        "prepaid.charges",
        "prepaid.balance",
    }
    assert set(neighbourhood(small, "prepaid.balance", 2).nodes) == {"prepaid.main", "prepaid.account", "prepaid.balance"}
    assert [way.text for way in neighbourhood(small, "prepaid.balance", 0).ways] == ["call 1"]


# -- the sheet


def assert_readable(sheet: Sheet, graph: Graph) -> None:
    """Every menu once, nothing over anything else, every text within its box."""
    boxes = [box for panel in sheet.panels for box in panel.boxes]
    assert sorted(box.node.id for box in boxes) == sorted(graph.nodes)
    for panel in sheet.panels:
        assert panel.x >= 0 and panel.x + panel.width <= sheet.width + 0.1 and panel.y >= 0 and panel.y + panel.height <= sheet.height + 0.1
        for box in panel.boxes:
            assert panel.x - 0.1 <= box.x and box.x + box.width <= panel.x + panel.width + 0.1, box.node.id
            assert panel.y - 0.1 <= box.y and box.y + box.height <= panel.y + panel.height + 0.1, box.node.id
    for rectangles in (boxes, sheet.panels):
        for number, one in enumerate(rectangles):
            for other in rectangles[number + 1 :]:
                apart = one.x + one.width <= other.x or other.x + other.width <= one.x
                assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y, (one, other)
    for box in boxes:
        assert_inside(box)


def assert_inside(box: Box) -> None:
    sizes = {"say": (11, False, False), "code": (11, False, True), "way": (11, False, True)}
    assert text_width(box.title, 13, bold=True) <= box.width - 18
    for piece in box.pieces:
        size, bold, mono = sizes.get(piece.style, (10, False, False))
        assert piece.x + text_width(piece.text, size, bold=bold, mono=mono) <= box.width - 8, (box.node.id, piece)
        assert piece.y <= box.height
    for row in box.rows:
        taken = 9 + row.key_width + (6 + text_width(row.label, 11.5) if row.label else 0)
        assert taken <= box.width - (9 + text_width(row.target, 11) if row.target else 0), (box.node.id, row.link)
        assert row.y + 8 <= box.height


@pytest.mark.parametrize(("menus", "seed"), [(16, 1), (40, 2), (100, 3), (250, 4)])
def test_nothing_overlaps_and_nothing_spills(tmp_path: Path, menus: int, seed: int) -> None:
    graph = graph_of(model_of(tmp_path, large(menus, seed)))
    sheet = lay_out(graph)
    assert_readable(sheet, graph)
    # Fits a sheet of paper on its side without being scaled to a ribbon.
    assert 0.6 < sheet.width / sheet.height < 3.0


def test_the_neighbourhoods_of_a_hundred_menus(hundred: Graph) -> None:
    for name in list(hundred.nodes)[::9]:
        near = neighbourhood(hundred, name, 2)
        sheet = lay_out_around(near, name)
        assert_readable(sheet, near)
        (here,) = [box for box in sheet.panels[0].boxes if box.node.id == name]
        led_to = {link.target for link in near.nodes[name].links if link.target in near.nodes} - {name}
        for box in sheet.panels[0].boxes:
            if box.node.id in led_to:
                assert box.x > here.x + here.width, f"{box.node.id} is led to and stands right of {name}"
            elif name in {link.target for link in box.node.links} and box is not here:
                assert box.x + box.width < here.x or any(link.source == box.node.id for link in near.links()), box.node.id


def test_a_branch_too_tall_for_the_sheet_stands_beside_it(tmp_path: Path) -> None:
    """One file with all the menus: its tree is taken apart, and the rows name what stands elsewhere."""
    rows = "".join(f'      "{key}": {{label: Go, go: a{key}}}\n' for key in range(1, 9))
    menus = f"  main:\n    say: Main\n    choices:\n{rows}"
    for key in range(1, 9):
        below = "".join(f'      "{inner}": {{label: Go, go: b{key}_{inner}}}\n' for inner in range(1, 9))
        menus += f"  a{key}:\n    say: Menu {key}\n    choices:\n{below}"
        menus += "".join(f"  b{key}_{inner}: {{say: Leaf}}\n" for inner in range(1, 9))
    one = f'serves: everyone\nentries:\n  - {{ussd: "*1#", go: main}}\nmenus:\n{menus}'
    graph = graph_of(model_of(tmp_path, {"operator": OPERATOR, "one": one}))
    sheet = lay_out(graph)
    assert len(graph.nodes) == 73
    assert_readable(sheet, graph)
    assert 0.6 < sheet.width / sheet.height < 3.0
    main = next(box for panel in sheet.panels for box in panel.boxes if box.node.id == "one.main")
    assert any(not row.drawn and row.target.startswith("→ a") for row in main.rows)


def test_words_are_cut_where_they_must_be() -> None:
    def measure(text: str) -> float:
        return text_width(text, 10)

    assert clip("short", 100, measure) == "short"
    cut = clip("a rather long text indeed", 60, measure)
    assert cut.endswith("…") and measure(cut) <= 60 and "a rather long text".startswith(cut[:-1])
    assert wrap("one two three four", 40, 9, measure) == ["one", "two", "three", "four"]
    assert len(wrap("word " * 50, 40, 2, measure)) == 2 and wrap("", 40, 2, measure) == []
    assert text_width("ə", 10) >= 6 and text_width("中", 10) >= 10 and text_width("e\u0301", 10) == text_width("e", 10)


# -- SVG


def ids_and_links(text: str) -> tuple[list[str], list[str]]:
    tree = ElementTree.fromstring(text)
    return (
        [one.get("id", "") for one in tree.iter() if one.get("id")],
        [one.get("href", "") for one in tree.iter(f"{SVG}a")],
    )


@pytest.mark.parametrize("focus", [None, "prepaid.account"])
def test_every_link_of_the_picture_leads_to_a_menu_in_it(small: Graph, focus: str | None) -> None:
    graph = small if focus is None else neighbourhood(small, focus, 1)
    ids, links = ids_and_links(svg(graph))
    assert len(ids) == len(set(ids)), "an id stands twice"
    assert {f"menu-{name}" for name in graph.nodes} <= set(ids)
    assert {link.removeprefix("#") for link in links} <= set(ids)
    words = " ".join(ElementTree.fromstring(svg(graph)).itertext())
    for node in graph.nodes.values():
        assert all(code in words for code in node.codes) and node.id in words


def test_links_to_other_files_name_their_menu(small: Graph) -> None:
    drawn = svg(small)
    assert "#menu-settings.language" in ids_and_links(drawn)[1]
    assert "→ settings.language" in drawn and "→ end" in drawn


def test_the_picture_is_light_or_dark_and_fetches_nothing(hundred: Graph) -> None:
    drawn = svg(hundred)
    assert "@media (prefers-color-scheme:dark)" in drawn
    assert re.findall(r"(?:https?:)?//[^\s\"'<)]+", drawn) == ["http://www.w3.org/2000/svg"]
    assert "<script" not in drawn and "url(" not in drawn


@pytest.mark.parametrize(
    "words",
    [
        "<b>&amp;\" ]]> <!-- '",
        "x" * 300,
        "中文字" * 40,
        "🙂" * 60,
        'quote " and \\ backslash \\n',
        "a\tb\x7f",
        "W" * 60 + " " + "Щ" * 60,
        "1. list | pipe #35; [x] (y) --> end",
    ],
)
def test_words_of_any_kind_are_drawn_whole(small: Graph, words: str) -> None:
    """Whatever the checks of menus let through one day: nothing spills, and no format breaks."""
    nodes = {
        name: replace(node, say=words, links=tuple(replace(link, label=words) for link in node.links)) for name, node in small.nodes.items()
    }
    graph = replace(small, title=words, nodes=nodes)
    assert_readable(lay_out(graph), graph)
    tree = ElementTree.fromstring(svg(graph))
    assert any(words.split()[0][:3] in "".join(text.itertext()) for text in tree.iter(f"{SVG}text"))
    assert read_dot(dot(graph)).edges == read_dot(dot(small)).edges
    assert read_mermaid(mermaid(graph)).edges == read_mermaid(mermaid(small)).edges


def test_a_browser_draws_every_text_within_its_box(hundred: Graph, tmp_path: Path) -> None:
    """By the browser's own measure, with the fonts of this machine."""
    page = tmp_path / "page.html"
    script = """<script>
    const over = [];
    for (const menu of document.querySelectorAll('g.menu')) {
      const box = menu.querySelector('rect.box').getBBox();
      for (const text of menu.querySelectorAll('text')) {
        const own = text.getBBox();
        if (own.x < -0.5 || own.x + own.width > box.width + 0.5 || own.y + own.height > box.height + 1) over.push(text.textContent);
      }
    }
    document.body.textContent = JSON.stringify({over, boxes: document.querySelectorAll('g.menu').length});
    const seen = document.createElement('pre'); seen.id = 'result'; document.body.append(seen);
    </script>"""
    script = script.replace("document.body.textContent =", "const told =").replace(
        "document.body.append(seen)", "seen.textContent = told; document.body.append(seen)"
    )
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{svg(hundred).partition('?>')[2]}{script}</body>", "utf-8")
    command = [
        binary(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--dump-dom",
        page.as_uri(),
    ]
    found = re.search(r'<pre id="result">(.*?)</pre>', subprocess.run(command, capture_output=True, timeout=90, check=True).stdout.decode())
    assert found is not None
    assert json.loads(html.unescape(found.group(1))) == {"over": [], "boxes": 100}


# -- dot and Mermaid


class Read:
    """What a text format says: node labels by name, edges, and how many groups."""

    def __init__(self) -> None:
        self.nodes: dict[str, str] = {}
        self.edges: list[tuple[str, str]] = []
        self.groups = 0


_DOT_TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([A-Za-z_]\w*|\d+)|(->|[{}\[\];=,]))', re.DOTALL)


def read_dot(text: str) -> Read:
    """Reads the subset of dot that is written here by dot's grammar; anything else raises AssertionError."""
    tokens: list[tuple[str, str]] = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = _DOT_TOKEN.match(text, position)
        assert match is not None, text[position : position + 60]
        kind = match.lastindex or 0
        tokens.append((("", "id", "id", "sign")[kind], match.group(kind)))
        position = match.end()
    read = Read()
    at = 0

    def take(kind: str, value: str | None = None) -> str:
        nonlocal at
        assert at < len(tokens) and tokens[at][0] == kind and value in (None, tokens[at][1]), tokens[at : at + 3]
        at += 1
        return tokens[at - 1][1]

    def peek(value: str) -> bool:
        return tokens[at] == ("sign", value)

    def attributes() -> dict[str, str]:
        found = {}
        take("sign", "[")
        while not peek("]"):
            name = take("id")
            take("sign", "=")
            found[name] = take("id")
            if peek(","):
                take("sign", ",")
        take("sign", "]")
        return found

    def statements() -> None:
        take("sign", "{")
        while not peek("}"):
            name = take("id")
            if name == "subgraph":
                read.groups += 1
                assert take("id").startswith("cluster_")
                statements()
                continue
            if peek("="):
                take("sign", "=")
                take("id")
            elif peek("->"):
                take("sign", "->")
                read.edges.append((name, take("id")))
                if peek("["):
                    assert attributes().get("style") in (None, "solid", "dashed", "dotted", "bold")
            else:
                found = attributes()
                if name not in ("graph", "node", "edge"):
                    read.nodes[name] = found["label"]
            take("sign", ";")
        take("sign", "}")

    take("id", "digraph")
    take("id")
    statements()
    assert at == len(tokens)
    assert {name for edge in read.edges for name in edge} <= set(read.nodes), "an edge to a node that is not there"
    return read


_LABEL = r'"((?:[^"#<>\n]|#\d+;|<br/>)*)"'
_MERMAID = {
    "group": re.compile(rf"subgraph (file\d+)\[{_LABEL}\]"),
    "end": re.compile(r"end"),
    "node": re.compile(rf"(m\d+)\[{_LABEL}\]"),
    "way": re.compile(rf"(way\d+)\(\[{_LABEL}\]\) --> (m\d+)"),
    "edge": re.compile(rf"(m\d+|way\d+) (?:-->|==>|-\.->)\|{_LABEL}\| (m\d+)"),
    "style": re.compile(r"style (m\d+) stroke-width:4px"),
}


def read_mermaid(text: str) -> Read:
    """Reads the subset of Mermaid's flowchart that is written here, line by line."""
    head, *lines = text.rstrip("\n").split("\n")
    assert head == "flowchart LR"
    read, depth = Read(), 0
    for line in lines:
        kind, match = next(((kind, found) for kind, shape in _MERMAID.items() if (found := shape.fullmatch(line.strip()))), ("", None))
        assert match is not None, f"no line of a flowchart: {line!r}"
        match kind:
            case "group":
                depth, read.groups = depth + 1, read.groups + 1
            case "end":
                depth -= 1
            case "node":
                assert depth == 1
                read.nodes[match.group(1)] = html.unescape(re.sub(r"#(\d+);", r"&#\1;", match.group(2)))
            case "way" | "edge":
                read.edges.append((match.group(1), match.group(3)))
                read.nodes.setdefault(match.group(1), match.group(2))
            case "style":
                assert match.group(1) in read.nodes
        assert depth in (0, 1)
    assert depth == 0
    assert {name for edge in read.edges for name in edge} <= set(read.nodes)
    return read


def test_dot_says_all_of_the_graph(hundred: Graph) -> None:
    read = read_dot(dot(hundred))
    ways = {f"way {number}": way for number, way in enumerate(hundred.ways, 1)}
    assert set(read.nodes) == {*hundred.nodes, *ways}
    thens = [(name, way.then) for name, way in ways.items() if way.then]
    assert sorted(read.edges) == sorted(
        [(link.source, link.target) for link in hundred.links()] + [(name, way.go) for name, way in ways.items()] + thens  # type: ignore[type-var]
    )
    assert read.groups == 8
    assert all(code in read.nodes[name] for name, node in hundred.nodes.items() for code in node.codes[:3])


def test_graphviz_takes_the_dot(hundred: Graph) -> None:
    program = shutil.which("dot")
    if program is None:
        pytest.skip("Graphviz is missing: the grammar was checked by the test above only")
    drawn = subprocess.run([program, "-Tsvg"], input=dot(hundred).encode(), capture_output=True, timeout=90, check=True)
    assert drawn.stderr == b"" and drawn.stdout.count(b'class="node"') == 100 + len(hundred.ways)


def test_mermaid_says_all_of_the_graph(hundred: Graph) -> None:
    read = read_mermaid(mermaid(hundred))
    names = mermaid_names(hundred)
    assert {read.nodes[names[name]].partition("<br/>")[0] for name in hundred.nodes} == set(hundred.nodes)
    expected = [(names[link.source], names[link.target]) for link in hundred.links()]
    assert sorted(edge for edge in read.edges if not edge[0].startswith("way")) == sorted(expected)
    assert read.groups == 8
    assert all(code in read.nodes[names[name]] for name, node in hundred.nodes.items() for code in node.codes[:3])


def test_a_menu_called_like_a_word_of_mermaid_is_only_a_label(tmp_path: Path) -> None:
    menus = 'serves: everyone\nentries:\n  - {ussd: "*1#", go: subgraph}\nmenus:\n  subgraph: {say: A, choices: {"1": {label: end, go: style}}}\n  style: {say: click}\n'
    read = read_mermaid(mermaid(graph_of(model_of(tmp_path, {"operator": OPERATOR, "m": menus}))))
    assert read.edges == [("way1", "m1"), ("m1", "m2")]


# -- the command


def ivr(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = cli.main(words)
    except SystemExit as left:
        code = int(left.code or 0)
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_command_draws_in_every_format(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = write(tmp_path, SMALL)
    code, out, err = ivr(capsys, "graph", str(home))
    assert (code, err) == (0, "") and ElementTree.fromstring(out).tag == f"{SVG}svg"
    assert read_dot(ivr(capsys, "graph", str(home.parent), "--format", "dot")[1]).groups == 2
    assert read_mermaid(ivr(capsys, "graph", str(home), "--format", "mermaid", "--menu", "balance")[1]).groups == 1
    target = tmp_path / "menus.svg"
    assert ivr(capsys, "graph", str(home), "--menu", "prepaid.main", "--depth", "2", "--output", str(target)) == (0, "", "")
    assert ElementTree.parse(target).getroot().tag == f"{SVG}svg"
    assert target.read_text("utf-8").count("g id=") == len(neighbourhood(graph_of(model_of(tmp_path)), "prepaid.main", 2).nodes)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["nowhere"], 2, "there is no folder nowhere"),
        (["{home}", "--menu", "balanse"], 2, 'there is no menu "balanse"'),
        (["{home}", "--menu", "prepaid.balanse"], 2, 'did you mean "prepaid.balance"?'),
        (["{home}", "--depth", "2"], 2, "name it with --menu"),
        (["{home}", "--menu", "balance", "--depth", "-1"], 2, "no number of steps from 0 to 20"),
        (["{home}", "--menu", "balance", "--depth", "٣"], 2, "no number of steps"),
        (["{menus}", "--operator", "smal"], 2, 'did you mean "small"?'),
        (["{home}", "--output", "{home}"], 2, "cannot be written"),
        (["{home}", "--output", "{home}/no/where.svg"], 2, "cannot be written"),
        (["{home}", "--format", "png"], 2, "invalid choice"),
    ],
)
def test_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str) -> None:
    home = write(tmp_path, SMALL)
    found, out, err = ivr(capsys, "graph", *(word.format(home=home, menus=home.parent) for word in words))
    assert (found, out) == (code, "") and told in err and "Traceback" not in err


def test_several_operators_need_a_name(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    home = write(tmp_path, SMALL)
    shutil.copytree(home, home.with_name("other"))
    code, _, err = ivr(capsys, "graph", str(home.parent))
    assert code == 2 and "choose one with --operator (other, small)" in err
    assert ivr(capsys, "graph", str(home.parent), "--operator", "other")[0] == 0
    monkeypatch.setenv("IVR_OPERATOR", "small")
    assert ivr(capsys, "graph", str(home.parent))[0] == 0


def test_menus_with_faults_are_not_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = write(tmp_path, SMALL | {"prepaid": PREPAID.replace("go: account", "go: acount"), "settings": SETTINGS})
    code, out, err = ivr(capsys, "graph", str(home))
    assert (code, out) == (1, "") and "E012" in err and "nothing to draw" in err


def test_the_picture_in_the_docs_is_up_to_date() -> None:
    model = shipped()
    drawn = svg(graph_of(model, traced=False))
    assert (ROOT / "docs" / "menus-azercell.svg").read_text("utf-8") == drawn, "run `make docs`"
