"""The command empty: a bucket without anything in it."""

import click

from harness.commands.options import configured
from harness.commands.output import agreed, left_alone, require_running, show_progress
from harness.problems import Problem
from harness.settings import Settings
from harness.stack.orphans import BUCKET, bucket_content, empty_bucket, found_of_kind
from harness.targets.choosing import choose_target


@click.command()
@click.argument("bucket")
@configured("target", "region", "state")
@click.option("--yes", is_flag=True, help="Do it without asking.")
def empty(settings: Settings, bucket: str, *, yes: bool) -> int:
    """Delete all that BUCKET holds.

    That is every version of every object, and every delete marker. It is said how much that is, and
    asked; without a terminal nothing is deleted unless --yes says so, and it ends with 2. The
    bucket stays. Ends with 1 if some of it cannot be deleted.

    \b
      tapstack empty image-upload-bucket-dev-000000000000
    """
    target = choose_target(settings)
    require_running(target)
    there = sorted(found.name for found in found_of_kind(target, BUCKET))
    if bucket not in there:
        known = f"There are: {', '.join(there)}." if there else "There is none at all."
        raise Problem(f"There is no bucket {bucket}.", known)
    s3 = target.client("s3")
    content = bucket_content(s3, bucket)
    if not content:
        click.echo(f"{bucket} holds nothing.")
        return 0
    click.echo(f"{bucket} holds {content}.")
    if not agreed("Delete all of it?", yes=yes):
        return left_alone("Nothing was deleted.", f"`tapstack empty {bucket} --yes` does it.")
    stayed = empty_bucket(s3, bucket)
    for line in stayed:
        show_progress(f"not deleted: {line}")
    click.echo(f"{bucket}: {f'{len(stayed)} stayed' if stayed else 'emptied'}")
    return 1 if stayed else 0
