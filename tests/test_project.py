"""The project's own rules: sizes, names, pins and directions that no linter holds."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from pytest_socket import SocketBlockedError, SocketConnectBlockedError

from data.config import ROOT

# Spelled in parts: this file is searched too.
REGISTRIES = [
    ".".join(parts)
    for parts in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("security", "debian", "org"),
        ("archive", "ubuntu", "com"),
    ]
]
# Needed though nothing imports them by name.
UNIMPORTED = {"duckdb-cli", "pyarrow", "pytz"}
# DuckDB loads their files (data/lake/connection.py).
UNIMPORTED |= {f"duckdb-extension-{name}" for name in ("ducklake", "postgres-scanner", "httpfs")}
COPYLEFT = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public", re.IGNORECASE)


def _files(pattern: str) -> list[Path]:
    """What git tracks or would track, by glob from the root, without what was deleted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(
        [*command, f":(glob){pattern}"], cwd=ROOT, check=True, capture_output=True
    )
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _requirements(name: str) -> dict[str, str]:
    """Each requirement's line in a file, by the package's normal name."""
    lines = (ROOT / name).read_text().splitlines()
    wanted = [line for line in lines if line and line[0].isalnum()]
    return {_normal(re.split(r"[ =<>;\[]", line)[0]): line for line in wanted}


def _pins(name: str) -> dict[str, str]:
    """Each pinned package's version."""
    lines = _requirements(name)
    return {package: line.split("==")[1].split(" ")[0] for package, line in lines.items()}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported(paths: list[Path]) -> set[str]:
    """Top-level names imported anywhere in `paths`."""
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
    return names


def _third_party(paths: list[Path]) -> set[str]:
    """The distributions that `paths` import, by normal name."""
    distributions = packages_distributions()
    ours = {path.stem for path in _files("*.py") + _files("tests/*.py")} | _folders()
    foreign = _imported(paths) - ours - sys.stdlib_module_names
    return {_normal(distributions.get(name, [name])[0]) for name in foreign}


def _folders() -> set[str]:
    """The top-level folders that hold Python."""
    return {path.relative_to(ROOT).parts[0] for path in _files("*/**/*.py")}


@pytest.mark.parametrize(
    ("pattern", "most_lines"),
    [("**/*.py", 400), ("pages/*/page.py", 120), ("queries/*.sql", 60), ("app.py", 30)],
)
def test_no_file_holds_two_subjects(pattern: str, most_lines: int) -> None:
    sizes = {_name(path): len(path.read_text().splitlines()) for path in _files(pattern)}
    assert {name: size for name, size in sizes.items() if size > most_lines} == {}


def test_pages_are_scripts_without_functions() -> None:
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for page in _files("pages/*/page.py"):
        nodes = ast.walk(ast.parse(page.read_text()))
        assert [node.name for node in nodes if isinstance(node, defined)] == [], _name(page)


def test_pages_hold_no_sql() -> None:
    sql = re.compile(r"\b(SELECT|INSERT INTO|GROUP BY|ORDER BY)\b")
    for page in _files("pages/*/page.py"):
        nodes = ast.walk(ast.parse(page.read_text()))
        texts = [str(node.value) for node in nodes if isinstance(node, ast.Constant)]
        assert [text for text in texts if sql.search(text)] == [], _name(page)
        assert "duckdb" not in _imported([page]), _name(page)


def test_nothing_in_ui_hides_a_module() -> None:
    """Streamlit puts the router's folder first on sys.path."""
    taken = sys.stdlib_module_names | packages_distributions().keys() | _folders()
    below = {path.relative_to(ROOT / "ui").parts[0] for path in _files("ui/**/*.py")}
    assert {name.removesuffix(".py") for name in below} & taken == set()


def test_import_linter_knows_every_folder() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(settings["root_packages"]) == _folders()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    pinned = re.compile(r"[a-z0-9-]+==[\w.]+( ; .+)?| *#.*")
    assert [line for line in lines if not pinned.fullmatch(line)] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_direct_dependency_has_a_reason_and_a_pin(name: str) -> None:
    direct = _requirements(f"{name}.in")
    assert [line for line in direct.values() if not re.search(r" # \w", line)] == []
    assert direct.keys() - _requirements(f"{name}.txt").keys() == set()


def test_both_requirements_agree() -> None:
    app, tools = (_pins(name) for name in ("requirements.txt", "requirements-dev.txt"))
    assert app.items() <= tools.items()


def test_what_is_imported_is_required_and_the_reverse() -> None:
    of_developers = {"tests", "bench", "deploy"}
    files = _files("**/*.py")
    product = [path for path in files if path.relative_to(ROOT).parts[0] not in of_developers]
    direct = _requirements("requirements.in").keys()
    assert _third_party(product) - direct == set()
    assert direct - UNIMPORTED - _third_party(product) == set()
    tools = _requirements("requirements-dev.in").keys()
    assert _third_party([path for path in files if path not in product]) - direct - tools == set()


def test_no_dependency_is_copyleft() -> None:
    """MPL is fine (certifi, tqdm and, for tests, hypothesis, pathspec): it stays in its files."""
    for name, line in _requirements("requirements-dev.txt").items():
        marker = Requirement(line).marker
        if marker is not None and not marker.evaluate():  # of another platform
            continue
        about = distribution(name).metadata
        licences = [*about.get_all("License-Expression", []), *about.get_all("License", [])]
        licences += [text for text in about.get_all("Classifier", []) if "License ::" in text]
        assert not COPYLEFT.search("; ".join(licences)), f"{name}: {licences}"


def test_no_file_names_a_package_registry() -> None:
    hosts = re.compile("|".join(map(re.escape, REGISTRIES)), re.IGNORECASE)
    found = [
        f"{_name(path)}: {match[0]}"
        for path in _files("**")
        if (match := hosts.search(path.read_text(errors="replace")))
    ]
    assert found == []


def test_the_licence_is_mit() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("MIT License\n")
    assert "Permission is hereby granted, free of charge" in text


def test_a_test_cannot_open_a_socket() -> None:
    with pytest.raises(SocketBlockedError):
        socket.socket()


@pytest.mark.node
def test_a_test_of_a_node_reaches_loopback_and_nothing_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80))


def test_a_test_that_hangs_fails_by_its_name_and_the_next_one_runs(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    assert float(pytestconfig.getini("timeout")) > 0
    file = tmp_path / "test_hanging.py"
    file.write_text(
        "import subprocess, threading\n"
        "def test_process(): subprocess.run(['sleep', '60'])\n"
        "def test_thread(): threading.Event().wait()\n"
        "def test_next(): pass\n"
    )
    settings = ["-c", ROOT / "pyproject.toml", "-o", "timeout=2", "-o", f"cache_dir={tmp_path}"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *settings, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.findall(r"^FAILED .*::(\w+) - ", ran.stdout, re.MULTILINE) == [
        "test_process",
        "test_thread",
    ]
    assert len(re.findall(r"^E +Failed: Timeout \(>2.0s\)", ran.stdout, re.MULTILINE)) == 2
    assert "2 failed, 1 passed" in ran.stdout
