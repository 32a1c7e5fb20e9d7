"""Where secret values come from."""

from __future__ import annotations

import os

import pytest

from reconciler.adapters.secrets.env_file import MAX_BYTES, EnvFileReader
from reconciler.model.secret import SecretRef
from reconciler.ports import SecretUnreadable

VALUE = "open-sesame-4711"


def env(name: str = "TOKEN", version: str | None = None) -> SecretRef:
    return SecretRef("fromEnv", name, version)


def refused(reader: EnvFileReader, ref: SecretRef, tenant: str = "farol") -> str:
    with pytest.raises(SecretUnreadable) as caught:
        reader.read(ref, tenant=tenant)
    assert VALUE not in str(caught.value)
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_a_variable_is_read_as_it_is():
    assert EnvFileReader({"TOKEN": f" {VALUE}\n"}).read(env(), tenant="farol").reveal() == f" {VALUE}\n"


def test_a_missing_or_empty_variable_has_no_value():
    reader = EnvFileReader({"EMPTY": ""})
    assert "TOKEN is not set" in refused(reader, env())
    assert "empty" in refused(reader, env("EMPTY"))


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"open-sesame", "open-sesame"),
        (b"open-sesame\n", "open-sesame"),
        (b"open-sesame\r\n", "open-sesame"),
        (b"open-sesame\n\n", "open-sesame\n"),
        (b"open-sesame\r", "open-sesame\r"),
        ("três".encode(), "três"),
    ],
)
def test_a_file_loses_one_line_end(tmp_path, content, value):
    (tmp_path / "secret").write_bytes(content)
    reader = EnvFileReader({}, root=tmp_path)
    assert reader.read(SecretRef("fromFile", "secret"), tenant="").reveal() == value


def test_a_path_counts_from_the_folder_of_the_manifest_unless_it_is_absolute(tmp_path):
    (tmp_path / "tenants").mkdir()
    (tmp_path / "tenants" / "secret").write_text("near")
    (tmp_path / "secret").write_text("far")
    reader = EnvFileReader({}, root=tmp_path)
    assert reader.read(SecretRef("fromFile", "secret", None, "tenants"), tenant="").reveal() == "near"
    assert reader.read(SecretRef("fromFile", str(tmp_path / "secret"), None, "tenants"), tenant="").reveal() == "far"


def test_what_is_no_small_text_file_is_refused(tmp_path):
    reader = EnvFileReader({}, root=tmp_path)
    (tmp_path / "large").write_bytes(b"x" * (MAX_BYTES + 1))
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + VALUE.encode())
    (tmp_path / "nul").write_bytes(VALUE.encode() + b"\0")
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, word in {
        "missing": "No such file",
        "large": "at most",
        "binary": "UTF-8",
        "nul": "NUL",
        "empty": "empty",
        "folder": "regular file",
        "pipe": "regular file",
        "bad\0name": "no path",
    }.items():
        assert word in refused(reader, SecretRef("fromFile", name)), name


@pytest.mark.parametrize("scheme", ["fromSops", "fromVault"])
def test_sources_of_a_later_version_are_refused_as_such(scheme):
    assert "yet" in refused(EnvFileReader({}), SecretRef(scheme, "a#b"))


def test_a_tenant_may_use_only_what_its_list_names(tmp_path):
    (tmp_path / "farol").mkdir()
    for place in ("farol/one", "other"):
        (tmp_path / place).write_text("x")
    allowed = {"farol": {"fromEnv": ["FAROL_*"], "fromFile": ["farol/*"]}, "": {"fromEnv": ["*"]}}
    reader = EnvFileReader({"FAROL_A": "x", "CEDRO_A": "x"}, root=tmp_path, allowed=allowed)
    assert reader.read(env("FAROL_A"), tenant="farol").reveal() == "x"
    assert reader.read(SecretRef("fromFile", "farol/one"), tenant="farol").reveal() == "x"
    assert reader.read(env("CEDRO_A"), tenant="").reveal() == "x"
    assert "farol may not" in refused(reader, env("CEDRO_A"))
    assert "cedro may not" in refused(reader, env("CEDRO_A"), "cedro")
    assert "the platform may not" in refused(reader, SecretRef("fromFile", "farol/one"), "")
    assert "may not" in refused(reader, SecretRef("fromFile", "other"))
    assert "may not" in refused(reader, SecretRef("fromFile", "farol/../other"))


def test_without_any_list_everybody_may_use_everything():
    assert EnvFileReader({"CEDRO_A": "x"}).read(env("CEDRO_A"), tenant="farol").reveal() == "x"
