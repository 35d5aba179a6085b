# /// script
# dependencies = ["nox[uv]>=2026.10.20"]
# ///
"""The daily jobs of ib-compat. ``nox -s matrix`` is the main one; ``nox -l`` lists all.

What follows ``--`` goes to the command behind a session:

    nox -s matrix -- --gateway 'gateway-10.4*' --library ib_async
    nox -s "compat(ib_async==2.1.0)" -- --gateway gateway-10.45-paper
    nox -s tests -- tests/wire -x

The rows come from matrices/default.toml, from the file after ``--matrix``, or from the one that IB_COMPAT_MATRIX names.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit("ib-compat needs Python 3.11 or newer to run nox with; the libraries under test may use older ones")

import nox

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from harness.plan.matrix.default_file import default_matrix  # noqa: E402
from harness.plan.matrix.rows import Row, read_rows, running_python  # noqa: E402
from harness.shared import secrets_taken, untrusted  # noqa: E402
from harness.shared.errors import IbCompatError  # noqa: E402

nox.needs_version = ">=2026.10.20"
nox.options.sessions = ["matrix"]
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.download_python = (
    "never"  # a missing interpreter is a result in the grid, and offline it costs seconds each
)
nox.options.error_on_missing_interpreters = False

ENGINE_TESTS = "tests/docker"
BROWSER_TESTS = "tests/browser"
"""Tests that have a session of their own: they need an engine, and coverage does not see into it."""

ENGINE_SIDE_BY_SIDE = ("-n", "4", "--dist", "loadfile")
SIDE_BY_SIDE = ("-n", str(4 * (os.cpu_count() or 1)), "--dist", "loadfile", "--no-loadscope-reorder")
"""Tests mostly wait, so a core runs four files; in the order of their names no long file is left for the end."""

LEFT_OUT = (f"--ignore={ENGINE_TESTS}", f"--ignore={BROWSER_TESTS}")
ALL_TESTS = (*SIDE_BY_SIDE, *LEFT_OUT)
"""What a call that names no tests after -- runs."""

BUILDING = frozenset({"run", "build", "doctor"})
"""Commands that build environments, and are told where."""

LOGGING_IN = frozenset({"run", "doctor"})
"""Commands that bring gateways up, and so are given their logins; no other session is."""

ENDING_SECONDS = 30
"""How long a run may take to end what it started."""


def matrix_file() -> Path:
    """Return the matrix file that this call of nox is about."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--matrix", type=Path, default=os.environ.get("IB_COMPAT_MATRIX"))
    after_dashes = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    return Path(parser.parse_known_args(after_dashes)[0].matrix or default_matrix())


def matrix_rows() -> tuple[Row, ...]:
    """Return the rows of the matrix file; a mistake in it ends nox with a message."""
    os.chdir(ROOT)
    try:
        return read_rows(matrix_file())
    except IbCompatError as problem:
        sys.stderr.write(f"{problem}\n{problem.hint}\n")
        sys.exit(problem.exit_code)


secrets_taken.take()
ROWS = matrix_rows()
HOST_PYTHON = running_python()


def rows() -> list[nox.param]:
    """Return a parameter for each row; a row on the Python that runs nox is named without it."""
    return [nox.param(row, id=row.library if row.python == HOST_PYTHON else row.id) for row in ROWS]


@nox.session
def host(session: nox.Session) -> None:
    """Make the environment that ib-compat itself runs in."""
    stamp = Path(session.virtualenv.location) / "ib-compat-host.json"
    wanted = (ROOT / "pyproject.toml").read_text("utf-8") + sys.version
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    install(session, "-e", ".")
    stamp.write_text(wanted, "utf-8")


@nox.session(venv_backend="none", requires=["host"])
@nox.parametrize("row", rows())
def env(session: nox.Session, row: Row) -> None:
    """Build this row's environment and nothing more."""
    ib_compat(session, "build", "--matrix", str(matrix_file()), "--row", row.id)


@nox.session(venv_backend="none", requires=["host"])
@nox.parametrize("row", rows())
def compat(session: nox.Session, row: Row) -> None:
    """Run this row alone; options of the matrix after --."""
    ib_compat(session, "run", "--row", row.id, *session.posargs)


@nox.session(venv_backend="none", requires=["host"])
def matrix(session: nox.Session) -> None:
    """Build the environments, run every row against every gateway and draw the grid; --help after -- lists options."""
    ib_compat(session, "run", *session.posargs)


@nox.session(venv_backend="none", requires=["host"])
def doctor(session: nox.Session) -> None:
    """Look at the Gateway or TWS at HOST:PORT after --, or at the usual ports, without any library."""
    ib_compat(session, "doctor", *session.posargs)


@nox.session(venv_backend="none", requires=["host"])
def report(session: nox.Session) -> None:
    """Draw the grid of the newest run again, or of the run named after --."""
    ib_compat(session, "report", *session.posargs)


@nox.session(venv_backend="none", requires=["host"])
def upgrade(session: nox.Session) -> None:
    """Say from the newest runs whether the Gateway of --from after -- may be upgraded to that of --to."""
    ib_compat(session, "upgrade", *session.posargs)


@nox.session(venv_backend="none", requires=["host"])
def pins(session: nox.Session) -> None:
    """Write from the newest runs which library versions to pin for the gateways of --gateway after --."""
    ib_compat(session, "pins", *session.posargs)


@nox.session(requires=["host"])
def tests(session: nox.Session) -> None:
    """Run the tests, on the real libraries of the default matrix."""
    install_with_group(session, "tests")
    environment = for_tests(session)
    if not session.posargs:  # else in a new clone each process compiles all tests for itself, which takes a minute
        session.run("pytest", "--collect-only", "-qq", *LEFT_OUT, env=environment, silent=True)
    session.run("pytest", *all_or_named(session), env=environment)


@nox.session(requires=["host"])
def coverage(session: nox.Session) -> None:
    """Run the tests with branch coverage and hold the gate; it takes about twice as long as the tests alone."""
    install_with_group(session, "coverage")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *(session.posargs or ALL_TESTS), env=for_tests(session))
    session.run("coverage", "combine", "--quiet")
    if session.posargs:
        session.log("tests were selected, so the coverage gate is not asked")
    else:
        session.run("coverage", "report")


@nox.session(requires=["host"])
def docker(session: nox.Session) -> None:
    """Run the tests on a real engine of containers; without one they are skipped and say so."""
    install_with_group(session, "tests")
    session.run("pytest", *(session.posargs or (*ENGINE_SIDE_BY_SIDE, ENGINE_TESTS)), env=for_tests(session))


@nox.session
def browser(session: nox.Session) -> None:
    """Test the page of a run in a Chromium that is installed; IB_COMPAT_CHROMIUM names it where it is elsewhere."""
    install_with_group(session, "browser")
    session.run("pytest", *(session.posargs or (BROWSER_TESTS,)))


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format, the direction of imports, and the workflows."""
    install_with_group(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    workflows = sorted(str(file) for file in Path(".github", "workflows").glob("*.yml"))
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows)
    session.run("zizmor", "--offline", "--quiet", ".github/workflows")


@nox.session
def types(session: nox.Session) -> None:
    """Check types, strictly, in sources and tests."""
    install_with_group(session, "types", "tests", "browser", "nox")
    session.run("mypy")


@nox.session(requires=["host"])
def bench(session: nox.Session) -> None:
    """Measure ib-compat against what a user would do by hand; writes results/bench.json."""
    install_with_group(session, "bench")
    folder = str(environments_built(session))
    session.run("python", "-m", "benchmarks", "--environments", folder, "--nox", sys.executable, *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Give what ib-compat reads inputs that nobody would write; the options after -- say how many, and of what."""
    install_with_group(session, "fuzz")
    session.run("python", "-m", "campaigns.fuzz", *session.posargs)


@nox.session(requires=["host"])
def chaos(session: nox.Session) -> None:
    """End runs in every way that a run may end, and count what is shown of them later."""
    install_with_group(session, "nox")
    folder = str(environments_built(session).resolve())
    session.run("python", "-m", "campaigns.chaos", "--environments", folder, *session.posargs)


@nox.session(requires=["host"])
def hostile(session: nox.Session) -> None:
    """Put servers with ill will in a gateway's place, and measure what a look and a run take."""
    install_with_group(session, "tests")
    folder = str(environments_built(session).resolve())
    session.run("python", "-m", "campaigns.hostile", "--environments", folder, *session.posargs)


@nox.session
def soak(session: nox.Session) -> None:
    """Let a simulated gateway and doctor --watch run beside busy clients, and measure whether either grows."""
    install_with_group(session, "nox")
    session.run("python", "-m", "campaigns.soak", *session.posargs)


def all_or_named(session: nox.Session) -> tuple[str, ...]:
    """Return the words for pytest: the tests that are named after --, or all side by side, with the options given."""
    named = any(Path(word.partition("::")[0]).exists() for word in session.posargs)
    return tuple(session.posargs) if named else (*ALL_TESTS, *session.posargs)


def for_tests(session: nox.Session) -> dict[str, str]:
    """Build the environments of all rows; return the variable that tells tests where they are."""
    return {"IB_COMPAT_ENVIRONMENTS": str(environments_built(session).resolve())}


def environments_built(session: nox.Session) -> Path:
    """Build the environments that rows lack; return the folder of all."""
    ib_compat(session, "build", "--matrix", str(matrix_file()))
    return environments(session)


def ib_compat(session: nox.Session, command: str, *arguments: str) -> None:
    """Run ib-compat from its own environment; Ctrl-C leaves it time to end what it started, and it ends with us."""
    own = ("--ends-with", str(os.getpid())) if command == "run" else ()
    where = ("--environments", str(environments(session))) if command in BUILDING else ()
    file = named_by_variable() if command == "run" and "--matrix" not in arguments else ()
    words = (*program(session), command, *own, *where, *file, *arguments)
    with login_for(command) as login:
        env = {"PATH": path_with_uv(), **login}
        session.run(*words, external=True, env=env, interrupt_timeout=ENDING_SECONDS)


def login_for(command: str) -> AbstractContextManager[Mapping[str, str]]:
    """Return what gives a command the login while it is started; nothing to one that needs none."""
    return secrets_taken.handed_over() if command in LOGGING_IN else nullcontext({})


def named_by_variable() -> tuple[str, ...]:
    """Return the option for the matrix file that IB_COMPAT_MATRIX names, if it names one."""
    file = os.environ.get("IB_COMPAT_MATRIX")
    return ("--matrix", file) if file else ()


def path_with_uv() -> str:
    """Return the path on which ib-compat finds the uv that nox brought: at its end, for the Python there is nox's."""
    found = untrusted.uv()
    own = [str(Path(found).parent)] if found else []
    return os.pathsep.join([os.environ.get("PATH", ""), *own])


def program(session: nox.Session) -> tuple[str, ...]:
    """Return the words that start ib-compat from its own environment."""
    python = environments(session) / "host" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    return str(python), "-m", "harness"


def install_with_group(session: nox.Session, *groups: str) -> None:
    """Install the project and dependency groups, unless the declarations are those of the last time."""
    stamp = Path(session.virtualenv.location) / "ib-compat-groups.txt"
    wanted = (ROOT / "pyproject.toml").read_text("utf-8") + sys.version
    if stamp.exists() and stamp.read_text("utf-8") == wanted:
        return
    install(session, "-e", ".", *(f"--group={group}" for group in groups))
    stamp.write_text(wanted, "utf-8")


def install(session: nox.Session, *words: str) -> None:
    """Install into a session's environment, without what packages that run code have no use for: logins, tokens."""
    told = untrusted.environment(untrusted.Purpose.INSTALL)
    session.run(
        *untrusted.installer(Path(python_of(session))),
        *words,
        env=told,
        include_outer_env=False,
        external=True,
        silent=True,
    )


def python_of(session: nox.Session) -> str:
    """Return the interpreter of a session's environment."""
    name = "python.exe" if sys.platform == "win32" else "python"
    return str(Path(session.bin) / name)


def environments(session: nox.Session) -> Path:
    """Return the folder of all environments: nox's ``--envdir``, ``.nox`` unless told otherwise."""
    return session.cache_dir.parent
