"""A scratch project folder, and the real snakemake started in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from transect.storage.digests import digest_file

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
COLUMNS = ["batch", "cell", "section", "folder", "chemistry", "blocks", "tiles", "pixel_nm"]
# What tells of a run and not of a section: times, and what the steps said.
NOT_RESULTS = {"logs", "benchmarks"}


@dataclass(frozen=True)
class Project:
    """A folder with a configuration, a sheet and, once it ran, results."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, config: str = "") -> Project:
        """Start with a sheet that has no rows."""
        (folder / "config").mkdir(parents=True)
        (folder / "config" / "config.yaml").write_text(config or "results: results\n")
        (folder / "config" / "sections.tsv").write_text("\t".join(COLUMNS) + "\n")
        return cls(folder)

    def copy(self, folder: Path) -> Project:
        """Copy everything, times of files and Snakemake's memory included."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder)

    @property
    def results(self) -> Path:
        """Folder of the results."""
        return self.folder / "results"

    def configure(self, text: str) -> None:
        """Write the configuration."""
        (self.folder / "config" / "config.yaml").write_text(text)

    def add(self, batch: str, cell: str, section: str, folder: Path, blocks: int = 1) -> None:
        """Append a section to the sheet."""
        row = [batch, cell, section, str(folder), "nmc", str(blocks), "", ""]
        with (self.folder / "config" / "sections.tsv").open("a") as sheet:
            sheet.write("\t".join(row) + "\n")

    def start(
        self, *options: str, first_on_path: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run snakemake, as a user would, in a process group of its own."""
        path = [str(first_on_path)] if first_on_path else []
        path += [str(BIN), os.environ["PATH"]]
        command = [str(BIN / "snakemake"), "--snakefile", str(ROOT / "Snakefile")]
        if not {"--cores", "--workflow-profile"} & set(options):
            command += ["--cores", "2"]
        return subprocess.run(
            [*command, *options],
            cwd=self.folder,
            env=os.environ | {"PATH": os.pathsep.join(path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            timeout=850,
            check=False,
        )

    def run(self, *options: str) -> str:
        """Run snakemake and expect success; what it printed."""
        done = self.start(*options)
        assert done.returncode == 0, done.stdout[-6000:]
        return done.stdout

    def planned(self, *options: str) -> dict[str, int]:
        """Jobs of each rule that a run would start, without `all`."""
        text = self.run("--dry-run", *options)
        table = re.search(r"Job stats:\n.*?\n-+.*?\n(.*?)\ntotal", text, flags=re.DOTALL)
        if table is None:
            assert "Nothing to be done" in text, text[-3000:]
            return {}
        rows = [line.split() for line in table.group(1).splitlines()]
        return {rule: int(count) for rule, count in rows if rule != "all"}

    def digests(self) -> dict[str, str]:
        """Digest of every result by its path, in the order of the paths."""
        files = [path for path in self.results.rglob("*") if path.is_file()]
        named = {str(path.relative_to(self.results)): path for path in sorted(files)}
        return {
            name: digest_file(path)
            for name, path in named.items()
            if name.split(os.sep)[0] not in NOT_RESULTS
            and ".snakemake" not in name.split(os.sep)[-1]
        }

    def modified(self) -> dict[str, int]:
        """Time of change of every result, in ns."""
        return {name: (self.results / name).stat().st_mtime_ns for name in self.digests()}
