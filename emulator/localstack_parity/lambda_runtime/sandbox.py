"""The process between the emulator and a function's runtime: isolates it, starts it, reaps it.

It reads a plan (JSON on stdin; see `Plan`) and writes to the plan's status descriptor: `init <pid>`
once everything is ready, `exit <wait status> <peak KiB>` when the runtime has ended, `refused
<reason>` if the kernel does not let us isolate. The emulator's interpreter runs it as a script with
`-I -S`: standard library only, nothing imported after the root has changed.

    emulator ── outer ── init (pid 1 of the environment) ── runtime ── what the function starts

The environment ends with its init, and each of the three ends with its parent, so nothing outlives
the emulator, whichever way it goes.
"""

import ctypes
import errno
import json
import os
import resource  # os.wait4 imports it as well, and then the root has changed
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, TypedDict

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID = 0x00020000, 0x10000000, 0x20000000
_CLONE_NEWIPC = 0x08000000
_MS_RDONLY, _MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 1, 2, 4, 8
_MS_BIND, _MS_REC, _MS_PRIVATE = 4096, 16384, 1 << 18
_SYS_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_CAPABILITY_VERSION = 0x20080522
# The system as a function may see it; everything else of the machine stays outside. Of /etc and
# /dev only what programs need: a function that runs as root owns the machine's keys and disks.
_SYSTEM = ("bin", "lib", "lib32", "lib64", "nix", "sbin", "sys", "usr")
_SETTINGS = (
    *("alternatives", "crypto-policies", "gai.conf", "group", "host.conf", "hosts", "ld.so.cache"),
    *("ld.so.conf", "ld.so.conf.d", "localtime", "mime.types", "nsswitch.conf", "os-release"),
    *("passwd", "pki/ca-trust", "pki/tls/cert.pem", "pki/tls/certs", "pki/tls/openssl.cnf"),
    *("protocols", "resolv.conf", "services", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf"),
    "timezone",
)
_DEVICES = ("full", "null", "random", "urandom", "zero")
_DEVICE_LINKS = {"fd": "", "stdin": "/0", "stdout": "/1", "stderr": "/2"}
_EMPTY = ("dev", "etc", "opt", "proc", "tmp", "var")

# What a function may have open, and lock in memory. Of processes it may have 1,024, too, but here
# the kernel would count all those of the user. Recorded in LocalStack's tests at v4.14.0,
# lambda_/test_lambda.py::TestLambdaBehavior::test_runtime_ulimits.
_LIMITS = {resource.RLIMIT_NOFILE: 1024, resource.RLIMIT_MEMLOCK: 65536}

_libc = ctypes.CDLL(None, use_errno=True)


class Plan(TypedDict):
    """What to start and what it may see."""

    parent: int
    isolated: bool
    status_fd: int
    log_fd: int
    root: str  # an empty folder to build the new root on
    tmp: str  # shown as /tmp
    visible: dict[str, str]  # path inside -> folder outside, read-only
    cwd: str
    argv: list[str]
    env: dict[str, str]


def main() -> None:
    """Be the outer process."""
    plan: Plan = json.load(sys.stdin)
    _die_with_parent(signal.SIGKILL)
    if os.getppid() != plan["parent"]:
        os._exit(1)
    if plan["isolated"]:
        try:
            _isolate(plan)
        except OSError as reason:
            os.write(plan["status_fd"], f"refused {reason}\n".encode())
            os._exit(1)
    alive, keep = os.pipe()
    init = os.fork()
    if not init:
        os.close(keep)
        _init(plan, alive)
    os.close(plan["log_fd"])
    os.write(plan["status_fd"], f"init {init}\n".encode())
    os.waitpid(init, 0)
    os._exit(0)


def _init(plan: Plan, parent_alive: int) -> NoReturn:
    """Be the environment's first process: start the runtime, reap orphans, end with the runtime."""
    isolated = plan["isolated"]
    _die_with_parent(signal.SIGKILL if isolated else signal.SIGTERM)
    os.set_blocking(parent_alive, False)
    with suppress(BlockingIOError):
        if not os.read(parent_alive, 1):
            os._exit(1)  # the parent was gone before we asked to go with it
    os.close(parent_alive)
    if isolated:
        _enter(plan["root"])
    else:
        # Without a process namespace, what the function leaves behind comes to us all the same.
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        signal.signal(signal.SIGTERM, lambda *_: _end_family(1))

    init = os.getpid()
    runtime = os.fork()
    if not runtime:
        _exec_runtime(plan, init)
    os.close(plan["log_fd"])
    while True:
        pid, status, usage = os.wait4(-1, 0)
        if pid == runtime:
            os.write(plan["status_fd"], f"exit {status} {usage.ru_maxrss}\n".encode())
            if not isolated:
                _end_family(0)
            os._exit(0)


def _exec_runtime(plan: Plan, init: int) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _die_with_parent(signal.SIGKILL)
    if os.getppid() != init:
        os._exit(1)
    os.setsid()
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    log = plan["log_fd"]
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.set_inheritable(plan["status_fd"], False)
    os.umask(0o022)
    for limit, most in _LIMITS.items():
        if not 0 <= resource.getrlimit(limit)[1] < most:
            resource.setrlimit(limit, (most, most))
    program = plan["argv"][0]
    try:
        os.chdir(plan["cwd"])
        if plan["isolated"]:
            _give_up_privileges()
        # What the start script of AWS's runtimes says of a wrapper script, and its exit statuses.
        if not Path(program).is_file():
            _fail(127, f"{program}: does not exist")
        if not os.access(program, os.X_OK):
            _fail(126, f"{program}: is not an executable")
        os.execve(program, plan["argv"], plan["env"])
    except OSError as reason:
        _fail(126, f"{program}: {reason}")


def _fail(status: int, reason: str) -> NoReturn:
    os.write(2, f"{reason}\n".encode())
    os._exit(status)


def _end_family(status: int) -> NoReturn:
    """Kill and reap every process below this one, then leave."""
    while True:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        if not children:
            os._exit(status)
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        os.wait()


def _isolate(plan: Plan) -> None:
    """Unshare mounts and process ids, and build the root that the function will see."""
    user, group = os.getuid(), os.getgid()
    try:
        os.unshare(_CLONE_NEWNS | _CLONE_NEWPID)
    except PermissionError:
        os.unshare(_CLONE_NEWUSER | _CLONE_NEWNS | _CLONE_NEWPID)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    # Shared memory and queues of System V, which would outlive the function and be everybody's.
    with suppress(OSError):
        os.unshare(_CLONE_NEWIPC)
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    root = Path(plan["root"])
    _mount("tmpfs", str(root), "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=755")
    for name in _EMPTY:
        (root / name).mkdir()
    for name in _SYSTEM:
        source = Path("/", name)
        if source.is_symlink():
            (root / name).symlink_to(source.readlink())
        elif source.is_dir():
            _show(root, source, str(source))
    for folder, names in (("/etc", _SETTINGS), ("/dev", _DEVICES)):
        for name in names:
            source = Path(folder, name)
            if source.exists():
                _show(root, source, str(source))
    for name, end in _DEVICE_LINKS.items():
        (root / "dev" / name).symlink_to(f"/proc/self/fd{end}")
    _show(root, Path(plan["tmp"]), "/tmp")
    for inside, outside in plan["visible"].items():
        _show(root, Path(outside), inside)
    # As on AWS, where only /tmp can be written to.
    _set_mount_attributes(root, _AT_RECURSIVE, to_set=_MOUNT_ATTR_RDONLY)
    _set_mount_attributes(root / "tmp", 0, to_clear=_MOUNT_ATTR_RDONLY)


def _show(root: Path, source: Path, inside: str) -> None:
    target = root / inside.lstrip("/")
    if target.is_symlink() or os.path.realpath(target) != str(target):
        return  # reached through a folder that is shown already
    if source.is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    _mount(str(source), str(target), None, _MS_BIND | _MS_REC)


def _set_mount_attributes(target: Path, flags: int, to_set: int = 0, to_clear: int = 0) -> None:
    attributes = (ctypes.c_uint64 * 4)(to_set, to_clear, 0, 0)
    if _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        ctypes.c_char_p(bytes(target)),
        ctypes.c_uint(flags),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    ):
        raise _os_error("mount_setattr", str(target))


def _enter(root: str) -> None:
    """Give the environment its own list of processes and make `root` all that there is.

    The old root is taken away and not only hidden: who may call chroot finds the way out of one
    (pivot_root(2), "pivot_root(".", ".")"). /proc is read-only, as its /proc/sys would let root
    change how the machine runs.
    """
    os.chdir(root)
    try:
        _mount("proc", "proc", "proc", _MS_RDONLY | _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    except OSError:
        # A container may hide parts of /proc; then the machine's own is all that can be shown.
        _mount("/proc", "proc", None, _MS_BIND | _MS_REC)
        _set_mount_attributes(Path("proc"), _AT_RECURSIVE, to_set=_MOUNT_ATTR_RDONLY)
    if _libc.pivot_root(b".", b"."):
        raise _os_error("pivot_root", root)
    if _libc.umount2(b".", _MNT_DETACH):
        raise _os_error("umount2", "the old root")
    os.chdir("/")


def _give_up_privileges() -> None:
    """Be an ordinary process from the next exec on, root or not, with no way back."""
    capability = 0
    while not _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(capability), 0, 0, 0):
        capability += 1
    if capability == 0 or ctypes.get_errno() != errno.EINVAL:  # EINVAL: there are no more
        raise _os_error("prctl", "PR_CAPBSET_DROP")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    if _libc.capset(ctypes.byref(header), ctypes.byref(none)):
        raise _os_error("capset", "none")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    filesystem = kind.encode() if kind else None
    if _libc.mount(
        source.encode(), target.encode(), filesystem, ctypes.c_ulong(flags), options.encode()
    ):
        raise _os_error("mount", target)


def _die_with_parent(signal_number: int) -> None:
    _prctl(_PR_SET_PDEATHSIG, signal_number)


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0):
        raise _os_error("prctl", str(option))


def _os_error(call: str, what: str) -> OSError:
    code = ctypes.get_errno()
    return OSError(code, f"{call}: {os.strerror(code)}", what)


if __name__ == "__main__":
    main()
