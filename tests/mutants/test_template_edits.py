"""Edits of a document by path and value."""

from pathlib import Path

import pytest

from tests.mutants.mutant import DoesNotApply, Editing
from tests.mutants.template_edits import (
    Add,
    Append,
    Remove,
    Rename,
    RenameKey,
    Replace,
    Set,
    SetInWidget,
)

DOCUMENT = """
Parameters:
  Stage: {Type: String}
Resources:
  # Layout and comments
  Role:
    Type: AWS::IAM::Role
    Statement:
      - Sid: Read
        Action: [s3:GetObject, s3:GetObjectVersion]
        Resource: !Sub ${Bucket.Arn}/*
      - {Sid: Write, Action: s3:PutObject}
  Dashboard:
    Body: '{"widgets": [{"properties": {"title": "Errors", "region": "here"}}]}'
"""


def _edited(folder: Path, *edits: Editing) -> str:
    (folder / "file").write_text(DOCUMENT)
    for edit in edits:
        edit.apply(folder)
    return (folder / "file").read_text()


@pytest.mark.parametrize(
    ("edit", "gone", "come"),
    [
        (Set("Role..Read.Resource", '"*"', file="file"), "${Bucket.Arn}", 'Resource: "*"'),
        (Set("Role.Statement.1.Action", "!Ref X", file="file"), "PutObject", "Action: !Ref X"),
        (Set("Parameters.Stage.Type", "Number", file="file"), "String", "Type: Number"),
        (Add("Role.Path", "/team/", file="file"), "", "Path: /team/"),
        (
            Add("Resources.Key", "{Type: AWS::KMS::Key}", file="file"),
            "",
            "Key: {Type: 'AWS::KMS::Key'}",
        ),
        (Add("Mappings", "{A: {B: {C: 1}}}", file="file"), "", "Mappings: {A:"),
        (Append("Role.Statement", "{Sid: List}", file="file"), "", "- {Sid: List}"),
        (Remove("Role..s3:GetObjectVersion", file="file"), "GetObjectVersion", "['s3:GetObject']"),
        (Remove("Role.Statement.Read", file="file"), "Read", "Sid: Write"),
        (
            RenameKey("Role..Read.Action", "NotAction", file="file"),
            "",
            "NotAction: ['s3:GetObject',",
        ),
        (Replace("Role..Read.Resource", "/*", "/in/*", file="file"), "Arn}/*", "${Bucket.Arn}/in"),
        (
            SetInWidget("Dashboard.Body", "Errors", "region", "x", file="file"),
            "here",
            r"\"region\": \"x\"",
        ),
        (Rename("Role", "Rights", file="file"), " Role:", "AWS::IAM::Role"),
    ],
    ids=str,
)
def test_an_edit_changes_what_is_at_its_path(
    edit: Editing, gone: str, come: str, tmp_path: Path
) -> None:
    """In the document, whatever its layout; the rest stays as it is."""
    text = _edited(tmp_path, edit)
    assert come in text
    assert not gone or gone not in text


@pytest.mark.parametrize(
    "edit",
    [
        Set("Role..Absent", "1", file="file"),
        Set("Role..Sid", "Twice", file="file"),
        Set("Role.Type", "AWS::IAM::Role", file="file"),
        Add("Role.Type", "String", file="file"),
        Add("Role.Type.Below", "1", file="file"),
        Append("Role.Type", "1", file="file"),
        Remove("Nobody", file="file"),
        RenameKey("Role.Statement.0", "Zero", file="file"),
        Replace("Role..Read.Resource", "absent", "", file="file"),
        Replace("Role.Statement", "Read", "", file="file"),
        SetInWidget("Dashboard.Body", "Absent", "region", "x", file="file"),
        Rename("Nobody", "Somebody", file="file"),
    ],
    ids=str,
)
def test_an_edit_that_does_not_apply_is_refused(edit: Editing, tmp_path: Path) -> None:
    """A mutant that changes nothing, or more than it means to, would prove nothing."""
    with pytest.raises(DoesNotApply):
        _edited(tmp_path, edit)
    assert (tmp_path / "file").read_text() == DOCUMENT
