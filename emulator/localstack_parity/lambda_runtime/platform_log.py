"""The platform's own log lines: START, END, REPORT and their kin, as text or as JSON.

Sources: AWS Lambda Developer Guide, "Understanding the Lambda execution environment lifecycle"
(INIT_REPORT, REPORT with Status), "Lambda Telemetry API Event schema reference" (JSON records),
"Log-level filtering" (which record has which level); billed duration with the init phase: AWS
Compute Blog, "AWS Lambda standardizes billing for INIT Phase".
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_LEVELS = ("DEBUG", "INFO", "WARN")


@dataclass(frozen=True)
class Failure:
    """Why an invocation or an init phase failed: REPORT's Status and Error Type.

    An exception of the handler is an error without a type, which the text format leaves out.
    """

    status: str  # error, timeout
    error_type: str | None = None


@dataclass(frozen=True)
class Report:
    """The numbers of an invocation's REPORT line."""

    duration_ms: float
    memory_size_mb: int
    max_memory_mb: int
    init_ms: float | None

    @property
    def billed_ms(self) -> int:
        """Whole milliseconds, the init phase included, as AWS bills since August 2025."""
        return math.ceil(self.duration_ms + (self.init_ms or 0))


@dataclass(frozen=True)
class PlatformLog:
    """Writes the platform's lines for one execution environment."""

    function_name: str
    function_arn: str
    version: str
    runtime_version: str
    runtime_version_arn: str
    json_format: bool
    system_level: str = "INFO"

    def init_start(self, initialization: str, phase: str, memory_mb: int) -> str | None:
        """Return the line that opens an environment."""
        if not self.json_format:
            return (
                f"INIT_START Runtime Version: {self.runtime_version}\t"
                f"Runtime Version ARN: {self.runtime_version_arn}\n"
            )
        record = {
            "initializationType": initialization,
            "phase": phase,
            "runtimeVersion": self.runtime_version,
            "runtimeVersionArn": self.runtime_version_arn,
            "functionName": self.function_name,
            "functionVersion": self.version,
            "instanceMaxMemory": memory_mb * 1024 * 1024,
        }
        return self._json("platform.initStart", record, "INFO")

    def init_report(
        self, initialization: str, phase: str, init_ms: float, failure: Failure | None
    ) -> str | None:
        """Return the line about an init phase; as text there is one for failures only."""
        if not self.json_format:
            if failure is None:
                return None
            return (
                f"INIT_REPORT Init Duration: {init_ms:.2f} ms\tPhase: {phase}{_status(failure)}\n"
            )
        record = {
            "initializationType": initialization,
            "phase": phase,
            **_record_status(failure),
            "metrics": {"durationMs": round(init_ms, 3)},
        }
        return self._json("platform.initReport", record, "WARN" if failure else "DEBUG")

    def start(self, request_id: str) -> str | None:
        """Return the line that opens an invocation."""
        if not self.json_format:
            return f"START RequestId: {request_id} Version: {self.version}\n"
        record = {
            "requestId": request_id,
            "functionArn": self.function_arn,
            "version": self.version,
        }
        return self._json("platform.start", record, "INFO")

    def fault(self, request_id: str, message: str, error_type: str) -> str | None:
        """Return the line about a runtime that ended or ran out of time; JSON has it in REPORT."""
        if self.json_format:
            return None
        if error_type == "Sandbox.Timedout":
            return f"{_now()} {request_id} {message}\n\n"
        return f"RequestId: {request_id} Error: {message}\n{error_type}\n"

    def end(self, request_id: str, duration_ms: float, failure: Failure | None) -> str | None:
        """Return the line that closes an invocation."""
        if not self.json_format:
            return f"END RequestId: {request_id}\n"
        record = {
            "requestId": request_id,
            **_record_status(failure),
            "metrics": {"durationMs": round(duration_ms, 3)},
        }
        return self._json("platform.runtimeDone", record, "WARN" if failure else "DEBUG")

    def report(self, request_id: str, report: Report, failure: Failure | None) -> str | None:
        """Return the line with an invocation's numbers."""
        if not self.json_format:
            init = f"Init Duration: {report.init_ms:.2f} ms\t" if report.init_ms is not None else ""
            return (
                f"REPORT RequestId: {request_id}\tDuration: {report.duration_ms:.2f} ms\t"
                f"Billed Duration: {report.billed_ms} ms\t"
                f"Memory Size: {report.memory_size_mb} MB\t"
                f"Max Memory Used: {report.max_memory_mb} MB\t"
                f"{init}{_status(failure).lstrip()}\n"
            )
        metrics: dict[str, float] = {
            "durationMs": round(report.duration_ms, 3),
            "billedDurationMs": report.billed_ms,
            "memorySizeMB": report.memory_size_mb,
            "maxMemoryUsedMB": report.max_memory_mb,
        }
        if report.init_ms is not None:
            metrics["initDurationMs"] = round(report.init_ms, 3)
        record = {"requestId": request_id, "metrics": metrics, **_record_status(failure)}
        return self._json("platform.report", record, "WARN" if failure else "INFO")

    def _json(self, kind: str, record: Mapping[str, Any], level: str) -> str | None:
        if _LEVELS.index(level) < _LEVELS.index(self.system_level):
            return None
        line = {"time": _now(), "type": kind, "record": record}
        return json.dumps(line, separators=(",", ":"))


def _status(failure: Failure | None) -> str:
    if failure is None or failure == Failure("error"):
        return ""
    error_type = f"\tError Type: {failure.error_type}" if failure.error_type else ""
    return f"\tStatus: {failure.status}{error_type}"


def _record_status(failure: Failure | None) -> dict[str, str]:
    if failure is None:
        return {"status": "success"}
    error_type = {"errorType": failure.error_type} if failure.error_type else {}
    return {"status": failure.status, **error_type}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
