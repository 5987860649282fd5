"""Folders of converted models: whole or not there, and nothing else is deleted."""

import errno
import os
from pathlib import Path

import pytest

from keras_transformer.conversion.folder import check_target, replacing_folder
from keras_transformer.errors import UserError


def write_model(folder, text="old"):
    folder.mkdir()
    (folder / "model.bin").write_text(text)
    (folder / "translation.json").write_text("{}")


def everything(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_new_and_empty_folders_will_do(tmp_path):
    check_target(tmp_path / "new")
    check_target(tmp_path)
    check_target(tmp_path, overwrite=True)


def test_what_is_there_is_not_overwritten_without_being_asked(tmp_path):
    write_model(tmp_path / "model")
    with pytest.raises(
        UserError, match="model exists and is not empty: give a new folder, or --ov"
    ):
        check_target(tmp_path / "model")
    check_target(tmp_path / "model", overwrite=True)
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file is a file"):
        check_target(tmp_path / "file", overwrite=True)


@pytest.mark.parametrize("name", ["notes.txt", "runs"])
def test_other_files_are_never_replaced(tmp_path, name):
    write_model(tmp_path / "model")
    (tmp_path / "model" / name).mkdir()
    with pytest.raises(UserError, match=rf"it is not only a converted model \({name}\)"):
        check_target(tmp_path / "model", overwrite=True)
    (tmp_path / "model" / name).rmdir()
    (tmp_path / "model" / "translation.json").unlink()
    with pytest.raises(UserError, match=r"not only a converted model \(no translation.json"):
        check_target(tmp_path / "model", overwrite=True)


def test_a_new_folder(tmp_path):
    with replacing_folder(tmp_path / "deep" / "model") as unfinished:
        assert unfinished.parent == tmp_path / "deep"
        write_model(unfinished / "inner")
        assert not (tmp_path / "deep" / "model").exists()
    assert (tmp_path / "deep" / "model" / "inner" / "model.bin").read_text() == "old"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["model"]


def test_an_old_model_makes_way(tmp_path):
    write_model(tmp_path / "model")
    (tmp_path / "link").symlink_to(tmp_path / "model")
    with replacing_folder(tmp_path / "link") as unfinished:
        (unfinished / "model.bin").write_text("new")
        assert (tmp_path / "model" / "model.bin").read_text() == "old"
    assert everything(tmp_path) == ["link", "model", "model/model.bin"]
    assert (tmp_path / "link" / "model.bin").read_text() == "new"


def test_into_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model").mkdir()
    with replacing_folder("model") as unfinished:
        (unfinished / "model.bin").write_text("new")
    assert everything(tmp_path) == ["model", "model/model.bin"]


@pytest.mark.parametrize("error", [ValueError("no"), UserError("no"), KeyboardInterrupt()])
def test_what_fails_leaves_nothing(tmp_path, error):
    write_model(tmp_path / "model")
    before = everything(tmp_path)
    with pytest.raises(type(error)), replacing_folder(tmp_path / "model") as unfinished:
        (unfinished / "model.bin").write_text("new")
        raise error
    assert everything(tmp_path) == before
    assert (tmp_path / "model" / "model.bin").read_text() == "old"


def test_a_full_disk_is_one_sentence(tmp_path):
    with pytest.raises(UserError) as caught, replacing_folder(tmp_path / "model") as unfinished:
        (unfinished / "model.bin").write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "model.bin")
    assert str(caught.value).startswith(
        f"The model cannot be written to {tmp_path / 'model'} (No space left on device): make room"
    )
    assert everything(tmp_path) == []


def test_the_old_model_comes_back(tmp_path, monkeypatch):
    write_model(tmp_path / "model")
    really_rename = os.rename

    def rename(source, target):
        if Path(source).name.startswith(".new-") and Path(target).name == "model":
            raise OSError(errno.EIO, "broken")
        really_rename(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(UserError, match="broken"), replacing_folder(tmp_path / "model"):
        pass
    assert everything(tmp_path) == ["model", "model/model.bin", "model/translation.json"]
