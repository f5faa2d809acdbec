"""Settings, from options and environment variables, validated before anything is started.

An invalid value is a Problem that names the value and the form it must have.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.problems import Problem

_PACKAGE = Path(__file__).resolve().parent
# Whether this lies in a checkout, or was installed from its wheel, which brings the project along.
IN_CHECKOUT = (_PACKAGE.parent / "infra" / "TapStack.yml").is_file()
ROOT = _PACKAGE.parent if IN_CHECKOUT else _PACKAGE / "project"


def project_folder(here: Path) -> Path:
    """Return `here` or the folder above it that has a project; `here` if there is none."""
    found = (one for one in (here, *here.parents) if (one / "infra" / "TapStack.yml").is_file())
    return next(found, here)


# Says which of a template's outputs plays which part; see harness/stack/pipeline.py.
PIPELINE_FILE = "pipeline.yml"


def pipeline_file(template: Path) -> Path:
    """The pipeline.yml beside a template; TapStack's own where there is none."""
    beside = template.parent / PIPELINE_FILE
    return beside if beside.is_file() else ROOT / "infra" / PIPELINE_FILE


# The template, the functions, and what is written: in the checkout or in a project of its own.
PROJECT = ROOT if IN_CHECKOUT else project_folder(Path.cwd())
_TEMPLATE = PROJECT / "infra" / "TapStack.yml"
_PIPELINE = pipeline_file(_TEMPLATE)


def project_of(template: Path) -> Path:
    """The folder of the project that a template belongs to: lambda/ is beside it, or one above.

    A template that is nowhere near one deploys the functions of the project here.
    """
    near = (template.parent, template.parent.parent)
    return next((folder for folder in near if (folder / "lambda").is_dir()), PROJECT)


# The template's parameters have the same patterns; 20 characters keep bucket names within 63.
SUFFIX = re.compile(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?")
EMAIL = re.compile(
    r"(?=.{3,254}$)[A-Za-z0-9._%+-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}"
)
# "Stack name" of the CloudFormation guide; a run's queue has 25 characters more, and 80 at most.
STACK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,49}")
NODE_VERSIONS = re.compile(r"|(20|22|24)( (20|22|24))*")
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")


@dataclass(frozen=True)
class Settings:
    """One person's choices for one run. Paths are absolute; nothing in here changes afterwards."""

    root: Path = PROJECT  # with infra/ and lambda/
    sources: Path = ROOT  # with emulator/ and libraries/
    state_dir: Path = PROJECT / ".tapstack"
    build_dir: Path = PROJECT / "build"
    reports_dir: Path = PROJECT / "reports"
    template: Path = _TEMPLATE
    pipeline: Path = _PIPELINE
    target: str = "auto"
    port: int = 4566
    port_chosen: bool = False  # by a person: a target that runs at another one is not meant then
    suffix: str = "dev"
    given_stack_name: str = ""  # by a person, instead of one that ends with the suffix
    email: str = "ops@example.com"
    region: str = "us-east-1"
    image: str = ""  # of the emulator, instead of the one that is built on base_image
    base_image: str = "python:3.13-slim"
    node_versions: str = ""  # such as "20 22": of Node.js in that image, for functions
    endpoint: str = ""  # of the target "endpoint", and whether it may be in a private network
    endpoint_private: bool = False

    @property
    def stack_name(self) -> str:
        """The name of the stack that holds this environment."""
        return self.given_stack_name or f"tapstack-{self.suffix}"

    @property
    def installation(self) -> Path:
        """The folder with the emulator and the function runtimes; one serves all state folders.

        It is the checkout's or, without one, the user's.
        """
        if IN_CHECKOUT:
            return self.sources / ".tapstack"
        data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
        return Path(data).absolute() / "tapstack"

    @property
    def pictures(self) -> Path:
        """The folder of what pictures are made of: five seconds of work for a day, done once.

        It is kept as long as the installation, and is the same for all state folders.
        """
        return self.installation / "pictures"


def read_settings(
    options: Mapping[str, object] | None = None, env: Mapping[str, str] | None = None
) -> Settings:
    """Settings from options (by field name; None means not given), else `env`, else the defaults.

    Raises Problem for the first value that is not of the right form. The AWS_* variables are not
    read: a local run has nothing to do with the person's own AWS.
    """
    given = {name: value for name, value in (options or {}).items() if value is not None}
    environment = os.environ if env is None else env

    def choice(field: str, variable: str) -> str:
        default = getattr(Settings, field)
        return str(given.get(field) or environment.get(variable) or default)

    def path(field: str, variable: str, default: Path | None = None) -> Path:
        chosen = given.get(field) or environment.get(variable) or default
        return Path(str(chosen or getattr(Settings, field))).expanduser().absolute()

    template = path("template", "TAPSTACK_TEMPLATE")
    root = project_of(template)
    return Settings(
        root=root,
        build_dir=root / "build",
        state_dir=path("state_dir", "TAPSTACK_STATE"),
        reports_dir=path("reports_dir", "TAPSTACK_REPORTS", root / "reports"),
        template=template,
        pipeline=pipeline_file(template),
        target=choice("target", "TARGET"),
        port=port_number(choice("port", "TAPSTACK_PORT")),
        port_chosen=bool(given.get("port") or environment.get("TAPSTACK_PORT")),
        suffix=_matching(
            SUFFIX,
            choice("suffix", "ENVIRONMENT"),
            "an environment suffix",
            "Use 1 to 20 lower-case letters, digits and inner hyphens, such as dev or pr-42.",
        ),
        given_stack_name=_matching(
            STACK_NAME,
            named,
            "the name of a stack",
            "Use up to 50 letters, digits and hyphens, a letter first.",
        )
        if (named := choice("given_stack_name", "TAPSTACK_STACK_NAME"))
        else "",
        email=_matching(
            EMAIL,
            choice("email", "NOTIFICATION_EMAIL"),
            "an email address",
            "Use an address such as ops@example.com.",
        ),
        region=_matching(
            REGION,
            choice("region", "TAPSTACK_REGION"),
            "an AWS region",
            "Use a region's code, such as us-east-1 or eu-central-1.",
        ),
        image=choice("image", "TAPSTACK_IMAGE"),
        base_image=choice("base_image", "BASE_IMAGE"),
        node_versions=_matching(
            NODE_VERSIONS,
            choice("node_versions", "TAPSTACK_NODE"),
            "a list of Node.js versions",
            "Use 20, 22 or 24, or some of them with spaces between.",
        ),
        endpoint=choice("endpoint", "ENDPOINT_URL"),
        endpoint_private=environment.get("ENDPOINT_PRIVATE") == "1",
    )


def port_number(text: str) -> int:
    """The TCP port that `text` names, 0 for any free one; Problem unless it is 0 to 65535."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise Problem(
            f"{text!r} is not a port.", "Use a number such as 4566, or 0 for any free port."
        )
    return int(text)


def positive_count(text: str, what: str) -> int:
    """The whole number of at least 1 that `text` names; `what` is what it counts, for the Problem.

    >>> positive_count("2000", "images")
    2000
    """
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000_000):
        raise Problem(
            f"{text!r} is not a number of {what}.", "Use a whole number from 1 to 1000000."
        )
    return int(text)


def seconds(text: str) -> float:
    """The seconds that "90", "90s", "5m" or "1h" say."""
    form = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)(s|m|h|)", text, re.ASCII)
    if not form or float(form[1]) <= 0:
        raise Problem(f"{text!r} is not a time.", "Write it as 60s, 5m or 1h.")
    return float(form[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[form[2]]


def _matching(form: re.Pattern[str], value: str, what: str, remedy: str) -> str:
    if not form.fullmatch(value):
        raise Problem(f"{value!r} is not {what}.", remedy)
    return value
