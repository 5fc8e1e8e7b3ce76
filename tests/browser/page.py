"""A report as a parser of HTML sees it."""
from html.parser import HTMLParser
from urllib.parse import unquote

PICTURE = "data:image/svg+xml,"
VOID = {"meta", "br", "hr", "link", "img", "input"}
LEVELS = {f"h{n}": n for n in range(1, 7)}


class Page(HTMLParser):
    """Collects what the tests ask for, and complaints about what no page may have."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.complaints, self.ids, self.links, self.headings = [], [], [], [], []
        self.tables, self.code, self.words, self.rows, self.pictures, self.names = [], [], [], [], [], []
        self.level = 0
        self.feed(text)
        self.close()
        if self.open:
            self.complaints.append(f"never closed: {self.open}")

    def complain(self, what):
        self.complaints.append(f"line {self.getpos()[0]}: {what}")

    def handle_startendtag(self, tag, attrs):
        self.begin(tag, attrs)

    def handle_starttag(self, tag, attrs):
        self.begin(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def begin(self, tag, attrs):
        names = [name for name, _ in attrs]
        values = dict(attrs)
        if len(set(names)) != len(names):
            self.complain(f"<{tag}> has an attribute twice")
        if tag == "img" and (values.get("src", "").startswith(PICTURE) and values.get("alt")):
            self.pictures.append(unquote(values["src"][len(PICTURE) :]))
            self.names.append(values["alt"])
            attrs = [(name, value) for name, value in attrs if name != "src"]
        elif tag == "img":
            self.complain("<img> without a name, or of another file")
        for name, value in attrs:
            if name in ("src", "srcset", "data", "action", "background") or name.startswith("on") or "://" in (value or ""):
                self.complain(f"<{tag} {name}={value!r}> leads elsewhere")
        if tag in ("script", "link", "iframe", "object", "embed", "base", "form"):
            self.complain(f"<{tag}> has no place here")
        if "id" in values:
            self.ids.append(values["id"])
        if "href" in values:
            self.links.append(values["href"])
        if tag in LEVELS:
            if LEVELS[tag] > self.level + 1:
                self.complain(f"<{tag}> below h{self.level}")
            self.level = LEVELS[tag]
            self.headings.append([tag, ""])
        if tag == "table":
            self.tables.append({"caption": "", "rows": []})
        if tag == "tr":
            self.tables[-1]["rows"].append([])
        if tag in ("td", "th"):
            self.tables[-1]["rows"][-1].append("")
            if tag == "th" and values.get("scope") not in ("col", "row", "rowgroup"):
                self.complain("<th> without scope")
        if tag == "svg" and (values.get("role") != "img" or not values.get("aria-label")):
            self.complain("<svg> without a name")
        if tag == "code":
            self.code.append("")
        if tag == "html" and values.get("lang") != "en":
            self.complain("no language")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.complain(f"</{tag}> where {self.open[-3:]} are open")
        elif tag == "table" and not self.tables[-1]["caption"].strip():
            self.complain("a table without a caption")
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        self.words.append(data)
        if "code" in self.open:
            self.code[-1] += data
        if self.open and self.open[-1] in LEVELS:
            self.headings[-1][1] += data
        if "caption" in self.open:
            self.tables[-1]["caption"] += data
        elif "td" in self.open or "th" in self.open:
            self.tables[-1]["rows"][-1][-1] += data

    def check(self):
        """Complaints, also those that only the whole page shows."""
        twice = {i for i in self.ids if self.ids.count(i) > 1}
        lost = [link for link in self.links if not link.startswith("#") or link[1:] not in self.ids]
        wrong = [f"ids twice: {sorted(twice)}"] if twice else []
        wrong += [f"links without a target: {lost[:5]}"] if lost else []
        wrong += [] if [h for h, _ in self.headings].count("h1") == 1 else ["not one h1"]
        return self.complaints + wrong

    def text(self):
        return "".join(self.words)

    def table(self, caption):
        """The rows of the first table whose caption begins so."""
        return next(t["rows"] for t in self.tables if t["caption"].strip().startswith(caption))
