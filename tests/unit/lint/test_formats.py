"""Findings as people, GitHub and code scanning read them."""

import json

from harness.lint import Finding
from harness.lint.formats import as_github, as_sarif, as_text

FINDING = Finding(
    "infra/TapStack.yml",
    12,
    5,
    "E9301",
    "100% of a:b,\nc is wrong",
    "https://docs.aws.amazon.com/x",
)


def test_a_finding_is_a_line_for_people() -> None:
    """Place, rule, sentence, source."""
    assert as_text([FINDING]).startswith("infra/TapStack.yml:12:5 E9301 100% of a:b,")


def test_github_gets_an_annotation_at_the_line() -> None:
    """A line break or a colon in a message ends no command (GitHub's toolkit, command.ts)."""
    said = as_github([FINDING])
    assert said == (
        "::error file=infra/TapStack.yml,line=12,col=5,title=E9301::"
        "100%25 of a:b,%0Ac is wrong (https://docs.aws.amazon.com/x)"
    )
    hostile = Finding("a,b:c.yml", 1, 1, "W1", "x", "y")
    assert as_github([hostile]).startswith("::warning file=a%2Cb%3Ac.yml,line=1,")


def test_what_github_would_drop_is_a_plain_line() -> None:
    """It shows ten errors of a step; none is lost from the log."""
    lines = as_github([FINDING] * 12).splitlines()
    assert [line.startswith("::error") for line in lines if "E9301" in line] == [True] * 10 + [
        False
    ] * 2


def test_code_scanning_gets_sarif_also_without_findings() -> None:
    """Version 2.1.0: what it resolves as fixed is what an upload no longer has."""
    found = json.loads(as_sarif([FINDING, Finding("b c.yml", 0, 0, "W2", "m", "TapStack")]))
    assert found["version"] == "2.1.0"
    first, second = found["runs"][0]["results"]
    assert (first["ruleId"], first["level"], second["level"]) == ("E9301", "error", "warning")
    place = first["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 12, "startColumn": 5}
    assert place["artifactLocation"]["uri"] == "infra/TapStack.yml"
    elsewhere = second["locations"][0]["physicalLocation"]
    assert elsewhere["artifactLocation"]["uri"] == "b%20c.yml"
    assert elsewhere["region"] == {"startLine": 1, "startColumn": 1}
    rules = found["runs"][0]["tool"]["driver"]["rules"]
    assert rules[0] == {"id": "E9301", "helpUri": "https://docs.aws.amazon.com/x"}
    assert rules[second["ruleIndex"]]["id"] == "W2"
    assert json.loads(as_sarif([]))["runs"][0]["results"] == []
