"""`pcngeo price`: a sentence for a pair, wrong usage said before any file is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcngeo.cli import main


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["price", *arguments])
    return int(stopped.value.code or 0)


def test_a_pair_of_the_sample_has_a_price(sample: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(sample / "scenario.toml"), "v99001", "V99002") == 0
    out = capsys.readouterr().out
    assert "Keeping Lantern Quay Surgery (V99001) and" in out
    assert "(V99002) apart costs 0.97 % in distance to the hubs" in out
    assert "(proven)" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["A", "B", "--together", "--apart"], "one of"),
        (["A"], "two practices"),
        (["A", "B", "--all"], "--all"),
        (["A", "B", "C", "--apart"], "takes two practices"),
    ],
)
def test_wrong_usage(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments, "--lists", "no.csv", "--area", "99Z") == 2
    assert words in " ".join(capsys.readouterr().err.split())
