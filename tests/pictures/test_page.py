"""The page's HTML."""

from html.parser import HTMLParser

from meas_blends.pictures.page import Section, make_page, picture, table

_ALONE = {"meta", "img"}


class Checker(HTMLParser):
    """Collects text and checks that tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.text, self.links = [], [], []

    def handle_starttag(self, tag, attributes):
        self.links += [value for name, value in attributes if name in ("href", "src")]
        if tag not in _ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(html):
    checker = Checker()
    checker.feed(html)
    assert not checker.open
    return checker


def test_a_page_is_whole_and_needs_nothing_from_elsewhere():
    sections = [
        Section("one", "First", "What is seen.", [table(["", "n"], [["gp", 1]])]),
        Section("two", "Second", "Pictures.", [picture("a.png", "A"), picture("b.png", "B", True)]),
    ]
    page = read(make_page("Title", "Lead.", sections))
    assert page.links == ["#one", "#two", "a.png", "a.png", "b.png", "b.png"]
    text = " ".join(page.text)
    for part in ("Title", "Lead.", "First", "What is seen.", "gp"):
        assert part in text


def test_names_are_escaped():
    wild = '<b>"&'
    html = make_page(
        wild, wild, [Section("s", wild, wild, [table([wild], [[wild], [(wild, "1")]])])]
    )
    assert wild not in html
    assert read(html).text.count(wild) >= 6
    assert 'src="&quot;&amp;.png"' in picture('"&.png', "x")


def test_a_cell_with_an_error():
    html = table(["", "score"], [["gp", ("0.9", "0.01")], ["none", ("–", "")]])
    text = "".join(read(html).text)
    assert "0.9 ± 0.01" in text
    assert text.count("±") == 1


def test_a_table_says_above_it_what_it_is():
    assert "<table>\n<caption>a &lt; b</caption>\n<tr>" in table([""], [["gp"]], caption="a < b")
    assert "<caption>" not in table([""], [["gp"]])
