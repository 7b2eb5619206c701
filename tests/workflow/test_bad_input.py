"""A bad configuration or sheet ends before any job, with every fault and no traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.project import Project

pytestmark = pytest.mark.workflow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Project with one section whose folder holds nothing."""
    (tmp_path / "raw").mkdir()
    made = Project.make(tmp_path / "project")
    made.add("B01", "C01", "S01", tmp_path / "raw")
    return made


def refused(project: Project, *words: str) -> str:
    """Start and expect a refusal that holds these words and no traceback."""
    done = project.start()
    assert done.returncode != 0
    for word in words:
        assert word in done.stdout, done.stdout[-3000:]
    assert "Traceback" not in done.stdout
    assert 'File "' not in done.stdout
    assert not list(project.results.glob("logs/**/*.log"))
    return done.stdout


def test_all_faults_of_a_configuration_are_listed(project: Project) -> None:
    project.configure(
        "segment: {crack_width_um: 3, denoise_px: -1}\n"
        "layers: {min_gap_um: 0.5 um}\n"
        "partition: big\n"
    )
    said = refused(project, "crack_width_um", "known keys", "denoise_px", "min_gap_um", "0.5 um")
    assert "unknown key partition" in said


def test_a_part_without_keys_is_no_fault(project: Project) -> None:
    project.configure("tiles:\nmosaic:\n")
    assert project.planned()["index"] == 1


def test_a_wrong_value_in_a_chemistry_section_names_the_section(project: Project) -> None:
    sheet = project.folder / "config" / "sections.tsv"
    sheet.write_text(sheet.read_text().replace("\tnmc\t", "\tlfp\t"))
    assert project.planned()["index"] == 1
    assert '"contact_um":0.2' in project.run("--dry-run", "--printshellcmds")


def test_own_values_win_over_the_chemistry(project: Project) -> None:
    sheet = project.folder / "config" / "sections.tsv"
    sheet.write_text(sheet.read_text().replace("\tnmc\t", "\tlfp\t"))
    project.configure("measure: {contact_um: 0.7}\n")
    assert '"contact_um":0.7' in project.run("--dry-run", "--printshellcmds")


def test_all_faults_of_a_sheet_are_listed(project: Project, tmp_path: Path) -> None:
    project.add("../x", "C01", "S02", tmp_path / "raw")
    project.add("B01", "<script>", "S03", tmp_path / "raw")
    project.add("B01", "C01", "S01", tmp_path / "raw")
    project.add("B01", "C01", "", tmp_path / "nowhere")
    refused(project, "line 3", "../x", "line 4", "<script>", "line 5", "line 6", "blank")


def test_an_unknown_column_is_refused(project: Project) -> None:
    sheet = project.folder / "config" / "sections.tsv"
    sheet.write_text(sheet.read_text().replace("chemistry", "chemie"))
    refused(project, "unknown column chemie", "known columns")


def test_a_sheet_without_rows_says_what_to_do(tmp_path: Path) -> None:
    refused(Project.make(tmp_path / "project"), "transect add-batch")


def test_a_missing_folder_of_tiles_is_named(project: Project, tmp_path: Path) -> None:
    project.add("B01", "C01", "S02", tmp_path / "nowhere")
    refused(project, str(tmp_path / "nowhere"), "no such folder")


def test_results_that_cannot_be_written_are_refused(project: Project) -> None:
    (project.folder / "results").write_text("a file, not a folder")
    refused(project, "results", "cannot write", "choose another folder")


def test_a_missing_file_of_limits_is_refused(project: Project) -> None:
    project.configure("limits: nowhere.yaml\n")
    refused(project, "nowhere.yaml", "limits")


def test_an_empty_folder_of_tiles_fails_in_words(project: Project) -> None:
    """What only the pixels tell is a failed job whose log is shown, not a traceback."""
    done = project.start()
    assert done.returncode != 0
    assert "Error in rule index" in done.stdout
    assert "transect: " in done.stdout
    assert "Traceback" not in done.stdout
