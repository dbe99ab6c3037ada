"""What the files of deploy/ name exists: paths, modules, options, settings."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from functools import cache
from itertools import chain
from pathlib import Path

import pytest
from streamlit import config

from data.config import ROOT, S3_VARIABLES, Settings, load_network

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HOME = "/opt/ftm-queue"
DOCKERFILE = (DEPLOY / "docker" / "Dockerfile").read_text()
COMPOSE = (DEPLOY / "docker" / "compose.yaml").read_text()


@cache
def help_of(*module: str) -> str:
    """What `python -m module --help` says."""
    command = [sys.executable, "-m", *module, "--help"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def assert_runs(command: str) -> None:
    """The module exists and takes the command's options."""
    found = re.search(r"python -m (streamlit run app\.py|[\w.]+)(.*)", command)
    assert found, command
    module = ("streamlit", "run") if "streamlit" in found[1] else (found[1],)
    options = re.findall(r"--[\w.-]+", found[2])
    assert options
    assert [option for option in options if option not in help_of(*module)] == []


def unit(path: Path) -> ConfigParser:
    parsed = ConfigParser(strict=False, interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment, method-assign]
    parsed.read(path)
    return parsed


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_a_unit_runs_what_there_is_where_it_may_write(path: Path) -> None:
    service = unit(path)["Service"]
    assert service["ExecStart"].startswith(f"{HOME}/.venv/bin/python -m ")
    assert_runs(service["ExecStart"])
    assert service["WorkingDirectory"] == HOME
    assert service["ReadWritePaths"] == f"{HOME}/var"
    assert service["EnvironmentFile"] == f"/etc/{(DEPLOY / 'ftm-queue.env').name}"


def test_the_timer_is_of_the_scorer_and_no_process_of_the_app_scores() -> None:
    assert (DEPLOY / "systemd" / "ftm-scoring.timer").exists()
    assert "ftm-scoring.service" in [path.name for path in UNITS]
    app = (DEPLOY / "systemd" / "ftm-app@.service").read_text()
    assert "\nEnvironment=FTM_SCORING=off\n" in app
    apps = re.findall(r"  app-\d+:\n.*\n    environment: (.*)", COMPOSE)
    assert len(apps) == 2
    assert all('FTM_SCORING: "off"' in each for each in apps)


def test_the_scorer_takes_the_store_that_the_app_shows_wherever_it_lies() -> None:
    service = unit(DEPLOY / "systemd" / "ftm-scoring.service")["Service"]
    for command in (service["ExecStart"], *re.findall(r"python -m scoring[^;]*", COMPOSE)):
        assert command.endswith("python -m scoring --if-due")
    assert "ExecCondition" not in service  # there may be no file of the network's name


def test_a_sync_takes_its_store_from_the_settings_and_no_secret_is_on_a_command_line() -> None:
    commands = [unit(path)["Service"]["ExecStart"] for path in UNITS]
    assert "data.sync" in " ".join(commands)
    for command in (*commands, *re.findall("command: .*", COMPOSE)):
        assert not re.search(r"--store|--to-lake|ducklake|PASSWORD|SECRET", command)
    assert "\n#FTM_SYNC_STORE=ducklake:postgres:" in (DEPLOY / "ftm-queue.env").read_text()
    assert "install -m 600 deploy/ftm-queue.env /etc/" in (DEPLOY / "README.md").read_text()


def test_every_setting_is_one() -> None:
    text = (DEPLOY / "ftm-queue.env").read_text()
    names = re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)
    assert len(names) > 3
    ours = {f"FTM_{name.upper()}" for name in Settings.model_fields}
    theirs = {option.env_var for option in config._config_options_template.values()}
    of_a_lake = {"PGPASSWORD", "AWS_ENDPOINT_URL", *chain.from_iterable(S3_VARIABLES.values())}
    assert set(names) - ours - theirs - of_a_lake == set()
    assert set(re.findall(r"STREAMLIT_\w+", COMPOSE)) <= theirs


def test_the_networks_of_the_example_are_read(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FTM_NETWORKS_FILE", str(DEPLOY / "networks.toml"))
    own = load_network("fantom")
    assert own.rpc_urls[0] == "http://127.0.0.1:18545"
    assert own.chain_id == 250
    assert own.explorer  # the rest is as it is built in
    assert load_network("a-fork").first_block == 31_200_000


def test_the_image_holds_all_that_the_app_is_made_of() -> None:
    copied = set(re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE))
    assert [path for path in copied if not (ROOT / path).exists()] == []
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    product = set(packages["root_packages"]) - {"bench", "deploy", "devnet", "lakeside", "tests"}
    assert product | {"app.py", ".streamlit", "requirements.txt"} <= copied
    ignored = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().splitlines()
    assert {line[1:] for line in ignored if line.startswith("!")} == copied


def test_containers_run_what_there_is_and_mount_what_there_is() -> None:
    commands = re.findall(r"python -m [^;\"\]]*", COMPOSE.replace('"$$FTM_NETWORK"', "NAME"))
    assert len(commands) == 2
    for command in commands:
        assert_runs(command.replace("'", ""))
    mounted = re.findall(r"- (\.\./\S+?):", COMPOSE)
    assert len(mounted) == 4
    folder = DEPLOY / "docker"
    named = [*mounted, *re.findall(r"env_file: (\S+)", COMPOSE)]
    assert [path for path in named if not (folder / path).exists()] == []
    context, file = re.search(r"context: (\S+), dockerfile: (\S+)\}", COMPOSE).groups()  # type: ignore[union-attr]
    assert (folder / context / file).exists()
    assert (folder / context).resolve() == ROOT


def test_nginx_includes_what_is_there_and_sends_to_the_ports_of_the_processes() -> None:
    texts = {path.name: path.read_text() for path in (DEPLOY / "nginx").glob("*.conf")}
    included = {name for text in texts.values() for name in re.findall(r"/snippets/(\S+);", text)}
    assert included
    assert included <= texts.keys()
    ports = re.findall(r"server 127\.0\.0\.1:(\d+)", texts["ftm-queue-upstream.conf"])
    assert ports == re.findall(r"  app-(\d+):", COMPOSE)
    told = (DEPLOY / "README.md").read_text()
    assert [port for port in ports if f"ftm-app@{port}" not in told] == []
    certificates = {name for text in texts.values() for name in re.findall("/etc/ssl/[^/]+", text)}
    assert certificates == {"/etc/ssl/ftm-queue"}


def test_the_readme_names_files_that_are_there() -> None:
    told = (DEPLOY / "README.md").read_text()
    copied = re.findall(r"deploy/[\w./-]+\w", told)
    listed = re.findall(r"`((?:nginx|systemd|docker)/[\w./-]*|[\w-]+\.(?:env|toml|py))`", told)
    assert len(copied) > 5
    assert len(listed) > 5
    assert [path for path in copied if not (ROOT / path).exists()] == []
    assert [path for path in listed if not (DEPLOY / path).exists()] == []
