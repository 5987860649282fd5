import errno
import os

import pytest

from keras_transformer.errors import UserError
from keras_transformer.export.versions import (
    latest_version,
    publish,
    unfinished_version,
    version_folders,
)


def finish(folder):
    """Publishes a version with one file in it."""
    with unfinished_version(folder) as unfinished:
        (unfinished / "saved_model.pb").write_text(unfinished.name)
        return publish(unfinished)


def test_versions_count_up_and_the_largest_is_the_latest(tmp_path):
    folder = tmp_path / "new" / "exports"
    assert [finish(folder).name for _ in range(3)] == ["1", "2", "3"]
    (folder / "0011").mkdir()
    (folder / "900").write_text("a file is no version")
    (folder / "unfinished-1").mkdir()
    assert list(version_folders(folder)) == [1, 2, 3, 11]
    assert finish(folder).name == "12"
    assert latest_version(folder) == folder / "12"
    assert latest_version(folder / "2") == folder / "2"


def test_what_is_not_published_is_gone(tmp_path):
    with pytest.raises(KeyboardInterrupt), unfinished_version(tmp_path) as unfinished:
        (unfinished / "saved_model.pb").write_text("half")
        assert version_folders(tmp_path) == {}
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_two_exports_at_once_get_two_numbers(tmp_path, monkeypatch):
    """The other one takes the number between the look at the folder and the rename."""
    rename, others = os.rename, []

    def slow_rename(source, target):
        if not others:
            others.append(target)
            target.mkdir()
            (target / "saved_model.pb").write_text("the other")
        rename(source, target)

    monkeypatch.setattr(os, "rename", slow_rename)
    assert finish(tmp_path).name == "2"
    assert (tmp_path / "1" / "saved_model.pb").read_text() == "the other"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1", "2"]


def test_a_rename_that_fails_is_not_tried_for_ever(tmp_path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="no"):
        finish(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_folders_that_are_no_exports(tmp_path):
    with pytest.raises(UserError, match=r"There is no folder .*missing: give the folder"):
        latest_version(tmp_path / "missing")
    with pytest.raises(UserError, match="holds no exported model"):
        latest_version(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"cannot be written to .*file"):
        finish(tmp_path / "file")
