from __future__ import annotations

from pathlib import Path

import pytest

from transect.cli import main
from transect.errors import ConfigError, InputError, StorageError
from transect.phantom.make import make_phantom
from transect.phantom.spec import PhantomSpec, load_spec
from transect.phantom.steps import phantom

TINY: dict[str, object] = {
    "width_um": 40.0,
    "geometry.foil": "none",
    "geometry.d50_um": 3.0,
    "geometry.d_max_um": 8.0,
    "microscope.pixel_nm": 100.0,
    "microscope.tile_shape": (128, 160),
    "microscope.rows": 1,
}


def tiny(**more: object) -> PhantomSpec:
    changes = {name.replace("__", "."): value for name, value in more.items()}
    return load_spec(None, {**TINY, **changes}, "clean")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("microscope.overlap", 1.0, "microscope.overlap"),
        ("microscope.overlap", -0.1, "microscope.overlap"),
        ("microscope.pixel_nm", 0, "microscope.pixel_nm"),
        ("microscope.tile_shape", (4, 4), "at least 32 x 32 px"),
        ("microscope.tile_shape", (64, 100_000), "less than one tile"),
        ("microscope.format", "png", "microscope.format"),
        ("microscope.dtype", "uint16", "uint16 needs format tif"),
        ("width_um", -3, "width_um"),
        ("seed", -1, "seed"),
        ("geometry.thickness_um", 10.0, "at most 0.6 of the coating"),
        ("geometry.crack_width_px", (6, 1), "crack_width_px"),
        ("geometry.d_min_um", 0.01, "at least 2 pixels"),
        ("geometry.colour", "red", "unknown key geometry.colour"),
        ("appearance.electrons", -1, "appearance.electrons"),
    ],
)
def test_an_impossible_value_is_named(field: str, value: object, words: str) -> None:
    base = {"microscope.format": "jpg"} if value == "uint16" else {}
    with pytest.raises(ConfigError, match=words):
        load_spec(None, {**base, field: value}, "good")


def test_all_faults_of_a_file_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("width_um: wide\ngeometry:\n  thick: 3\n")
    with pytest.raises(ConfigError, match=r"spec\.yaml: .*width_um.*unknown key geometry\.thick"):
        load_spec(path, {}, "good")


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "\x00"])
def test_a_file_that_is_no_specification(tmp_path: Path, text: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"spec\.yaml"):
        load_spec(path, {}, "good")


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_spec(tmp_path / "none.yaml", {}, "good")


def test_a_part_that_is_not_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text("microscope: 3\nappearance: red\n")
    with pytest.raises(ConfigError, match=r"microscope.*"):
        load_spec(path, {"microscope.overlap": 0.2}, "good")


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        make_phantom(tmp_path, tiny())
    with pytest.raises(InputError, match="replaces only phantoms"):
        make_phantom(tmp_path, tiny(), force=True)
    assert precious.read_text() == "mine"


def test_force_replaces_a_phantom(tmp_path: Path) -> None:
    out = tmp_path / "p"
    make_phantom(out, tiny())
    with pytest.raises(InputError, match="--force"):
        make_phantom(out, tiny())
    (out / "old.txt").write_text("old")
    make_phantom(out, tiny(), force=True)
    assert not (out / "old.txt").exists()


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file"):
        make_phantom(tmp_path / "out", tiny())


def test_a_place_that_cannot_be_written() -> None:
    with pytest.raises(StorageError, match="could not be written"):
        make_phantom(Path("/proc/phantom"), tiny())


def test_faults_of_unknown_tiles(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no tile r09_c09"):
        make_phantom(tmp_path / "p", tiny(microscope__faults={"r09_c09": "truncated"}))
    with pytest.raises(ConfigError, match="one must be left"):
        make_phantom(tmp_path / "p", tiny(microscope__missing=50))
    with pytest.raises(ConfigError, match="TILE=FAULT"):
        phantom(tmp_path / "p", faults=["r00_c00"])
    assert not (tmp_path / "p").exists()


def test_every_fault_is_what_it_says(tmp_path: Path) -> None:
    names = ["truncated", "zero_byte", "not_an_image", "missing", "missing_sidecar"]
    faults = {f"r00_c{n:02d}": fault for n, fault in enumerate(names)}
    spec = tiny(width_um=100.0, microscope__faults=faults)
    out = tmp_path / "p"
    make_phantom(out, spec)
    whole = (out / "r00_c05.tif").stat().st_size
    assert 0 < (out / "r00_c00.tif").stat().st_size < whole / 2
    assert (out / "r00_c01.tif").stat().st_size == 0
    assert (out / "r00_c02.tif").read_bytes().startswith(b"This is not")
    assert not (out / "r00_c03.tif").exists()
    assert not (out / "r00_c03.txt").exists()
    assert (out / "r00_c04.tif").exists()
    assert not (out / "r00_c04.txt").exists()


def test_sidecars_with_faults(tmp_path: Path) -> None:
    names = ["comma_decimal", "no_pixel_size", "other_pixel_size", "unknown_encoding", "duplicate"]
    faults = {f"r00_c{n:02d}": fault for n, fault in enumerate(names)}
    out = tmp_path / "p"
    make_phantom(out, tiny(width_um=100.0, microscope__faults=faults))
    assert "PixelSize=100,0" in (out / "r00_c00.txt").read_text()
    assert "PixelSize" not in (out / "r00_c01.txt").read_text()
    assert "PixelSize=200" in (out / "r00_c02.txt").read_text()
    for encoding in ("utf-8", "utf-16"):
        with pytest.raises(UnicodeDecodeError):
            (out / "r00_c03.txt").read_bytes().decode(encoding)
    assert (out / "r00_c04_again.tif").read_bytes() == (out / "r00_c04.tif").read_bytes()


@pytest.mark.filterwarnings("ignore:Cyclopts application")
def test_the_command_line_gives_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x").write_text("")
    monkeypatch.setattr("sys.argv", ["transect", "phantom", str(tmp_path)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "is not empty" in message
