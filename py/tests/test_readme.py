"""The README's Python runs as a test, and its commands are the ones there are."""

import re
from pathlib import Path

import pytest

from allotment import Policy

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    """The fenced blocks of ``language``."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_readme_runs_as_it_stands(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each block alone, in order; what a ``print`` shows is what its comment says."""
    exec(compile(code, "README.md", "exec"), {})
    promised = [line.split("#", 1)[1].strip() for line in code.splitlines() if "print(" in line]
    assert capsys.readouterr().out.splitlines() == promised


def test_the_policy_file_of_the_readme_is_one(tmp_path: Path) -> None:
    """It loads, and reads back as it was written."""
    (text,) = blocks("toml")
    assert text == (ROOT / "core/tests/data/every-key.toml").read_text(), "it shows every key there is"
    file = tmp_path / "policy.toml"
    file.write_text(text)
    policy = Policy.from_toml(file)
    assert Policy.from_dict(policy.to_dict()) == policy


def test_the_commands_of_the_readme_name_files_that_exist() -> None:
    """A path in a command is a path in the repository."""
    commands = "".join(blocks("console"))
    paths = re.findall(r"(?<![\w.])(?:\.ci|examples)/[\w./-]+", commands)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
