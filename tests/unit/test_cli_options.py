"""Options that cannot be: wrong usage, said before any file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcngeo.cli import main
from pcngeo.scenario import MAX_SEED


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", str(MAX_SEED + 1)], "'--seed'"),
        (["--seed", "99999999999999999999"], "'--seed'"),
        (["--seed", "-1"], "'--seed'"),
        (["--out", ""], "the name of the folder is empty"),
        (["--out", "  "], "the name of the folder is empty"),
    ],
)
def test_an_option_that_cannot_be_is_wrong_usage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["plan", "--area", "09A", "--lists", "lists.csv", *arguments])
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_largest_seed_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["plan", "--area", "09A", "--lists", str(tmp_path / "no.csv"), "--seed",
              str(MAX_SEED), "--out", str(tmp_path)])  # fmt: skip
    assert stopped.value.code == 1
    assert "no such file" in capsys.readouterr().err
