import configparser
from pathlib import Path

import pytest

from beir_hybrid.errors import UnknownNameError
from beir_hybrid.registry import COMMANDS, HOSTS, registry
from beir_hybrid.registry.companions import missing_companion

PLUGINS = Path(__file__).parents[2] / "plugins"


@pytest.fixture
def alone(monkeypatch):
    """No distribution but this package's own is installed."""
    installed = registry.points_of
    monkeypatch.setattr(
        registry, "points_of", lambda group: [one for one in installed(group) if one.value.startswith("beir_hybrid.")]
    )


@pytest.mark.parametrize("plug_in", ["pyserini", "ray"])
def test_whatever_a_plug_in_registers_is_known_to_be_its_own(plug_in):
    config = configparser.ConfigParser()
    config.read(PLUGINS / plug_in / "setup.cfg")
    for group, points in config["options.entry_points"].items():
        for line in points.split("\n")[1:]:
            needed, fix = missing_companion(group, line.partition("=")[0].strip())
            assert f"beir-hybrid-{plug_in}," in needed
            assert fix.endswith(f"pip install plugins/{plug_in}")
            assert (PLUGINS / plug_in / "pyproject.toml").is_file()


def test_host_of_a_plug_in_that_is_not_installed_says_which(alone):
    with pytest.raises(UnknownNameError, match="'pyserini' needs the plug-in beir-hybrid-pyserini"):
        HOSTS.get("pyserini")


def test_any_other_unknown_command_is_none(alone):
    with pytest.raises(UnknownNameError, match="There is no command 'fuze'"):
        COMMANDS.get("fuze")
