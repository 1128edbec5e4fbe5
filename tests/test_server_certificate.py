"""The certificate of the embedded server: made, kept, made again, or brought along."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from livechat.errors import BadInput, DeviceError, LivechatError, MissingInput
from livechat.server import certificate
from livechat.server.certificate import Pair, context, for_localhost

TODAY = datetime(2026, 11, 21, tzinfo=UTC)
LINE = "pip install 'livechat[tls]'"


def made(folder: Path, today: datetime = TODAY, *more: str) -> Pair:
    return for_localhost(folder / "state", today, LINE, more)


def read(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate.read_bytes())


def names(pair: Pair) -> set[str]:
    found = read(pair).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in found}


# ------------------------------------------------------------------------------------------------- its own


def test_it_names_localhost_and_may_stand_for_itself(tmp_path: Path) -> None:
    pair = made(tmp_path)
    found = read(pair)
    assert found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value == "localhost"
    assert names(pair) == {"localhost", "127.0.0.1", "::1"}
    constraints = found.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert constraints.value.ca
    assert found.not_valid_before_utc < TODAY < TODAY + timedelta(days=300) < found.not_valid_after_utc


def test_nobody_else_may_read_the_key(tmp_path: Path) -> None:
    pair = made(tmp_path)
    assert pair.key.stat().st_mode & 0o777 == 0o600
    assert pair.key.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(file.name for file in pair.key.parent.iterdir()) == ["localhost-key.pem", "localhost.pem"]


def test_it_is_kept_while_it_is_good_for_another_week(tmp_path: Path) -> None:
    first = made(tmp_path).certificate.read_bytes()
    assert made(tmp_path, TODAY + timedelta(days=357)).certificate.read_bytes() == first
    again = made(tmp_path, TODAY + timedelta(days=359))
    assert again.certificate.read_bytes() != first
    assert read(again).not_valid_after_utc > TODAY + timedelta(days=700)


def test_its_key_stays_when_it_is_made_again(tmp_path: Path) -> None:
    key = made(tmp_path).key.read_bytes()
    assert made(tmp_path, TODAY + timedelta(days=400)).key.read_bytes() == key


def test_who_trusts_the_old_file_trusts_servers_that_have_the_old_certificate_and_who_reads_it_again_both(
    tmp_path: Path,
) -> None:
    today = datetime.now(UTC)
    old = made(tmp_path, today - timedelta(days=360))
    old_server = context(old)
    new = made(tmp_path, today)
    assert new.certificate == old.certificate
    client = strict(new)
    for server in (old_server, context(new)):
        shake_hands(client, server, "localhost")
    made(tmp_path, today + timedelta(days=360))
    assert len(x509.load_pem_x509_certificates(new.certificate.read_bytes())) == 2, "what has ended is let go"


def test_that_it_was_made_again_is_told_to_who_must_trust_the_new_one(tmp_path: Path) -> None:
    told = [made(tmp_path, TODAY + timedelta(days=days)).renewed for days in (0, 1, 359, 360)]
    assert told == [False, False, True, False]


def test_other_names_make_another_and_leave_what_others_trust_and_serve_with(tmp_path: Path) -> None:
    plain = made(tmp_path, datetime.now(UTC))
    server, content = context(plain), plain.certificate.read_bytes()
    other = made(tmp_path, datetime.now(UTC), "192.168.1.5", "box.example")
    assert {"192.168.1.5", "box.example"} < names(other)
    assert other.certificate.name == "localhost+192.168.1.5+box.example.pem"
    assert plain.certificate.read_bytes() == content
    shake_hands(strict(made(tmp_path, datetime.now(UTC))), server, "localhost")
    shake_hands(strict(other), context(other), "box.example")


def test_a_certificate_that_has_more_names_than_are_wanted_is_kept(tmp_path: Path) -> None:
    other = made(tmp_path, TODAY, "127.0.0.5")
    other.certificate.replace(other.certificate.with_name("localhost.pem"))
    assert "127.0.0.5" in names(made(tmp_path))


def test_each_set_of_names_has_a_file_of_its_own_that_every_system_can_name(tmp_path: Path) -> None:
    sets = [("127.0.0.1",), ("::2",), ("_:2",), ("a", "b"), ("ab",), ("x" * 300,), ("x" * 301,), ("../etc",)]
    found = [made(tmp_path, TODAY, *more).certificate for more in sets]
    assert found[0].name == "localhost.pem"
    assert len(set(found)) == len(sets)
    assert made(tmp_path, TODAY, "A", "b").certificate in found, "to some systems great and small letters are one"
    for file in found:
        assert file.parent == tmp_path / "state"
        assert len(file.name) < 150
        assert not set(file.name) & set(':/\\<>"|?*')


@pytest.mark.parametrize("file", ["localhost.pem", "localhost-key.pem"])
@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"])
def test_what_is_spoilt_is_made_again(tmp_path: Path, file: str, content: bytes) -> None:
    (made(tmp_path).key.parent / file).write_bytes(content)
    assert isinstance(context(made(tmp_path)), ssl.SSLContext)


def test_a_key_of_another_kind_is_replaced(tmp_path: Path) -> None:
    pair = made(tmp_path)
    other = rsa_key()
    pair.key.write_bytes(other)
    assert isinstance(context(made(tmp_path)), ssl.SSLContext)
    assert pair.key.read_bytes() != other


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(DeviceError, match="state"):
        made(tmp_path)


def test_a_context_wants_tls_1_2_at_least(tmp_path: Path) -> None:
    assert context(made(tmp_path)).minimum_version is ssl.TLSVersion.TLSv1_2


def test_openssl_trusts_it_by_its_file_alone(tmp_path: Path) -> None:
    client = strict(made(tmp_path, datetime.now(UTC)))
    server = context(made(tmp_path, datetime.now(UTC)))
    for name in ("localhost", "127.0.0.1", "::1"):
        shake_hands(client, server, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(client, server, "evil.example")


def strict(pair: Pair) -> ssl.SSLContext:
    """A client that trusts this certificate's file alone."""
    client = ssl.create_default_context(cafile=str(pair.certificate))
    client.verify_flags |= ssl.VerifyFlags.VERIFY_X509_STRICT
    return client


def shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> None:
    """A handshake in memory."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = client.wrap_bio(down, up, server_hostname=name)
    ours = server.wrap_bio(up, down, server_side=True)
    for end in (theirs, ours, theirs, ours, theirs):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue


def test_without_the_package_the_way_to_get_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> None:
        assert name == "cryptography"

    monkeypatch.setattr(certificate, "find_spec", nothing)
    with pytest.raises(LivechatError) as caught:
        made(tmp_path)
    assert caught.value.hint == LINE


def test_nothing_of_it_is_imported_before_it_is_needed() -> None:
    code = "import livechat.server.certificate, sys; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ------------------------------------------------------------------------------------------- somebody's own


def rsa_key(password: bytes = b"") -> bytes:
    lock = BestAvailableEncryption(password) if password else NoEncryption()
    return generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)


def test_a_key_that_does_not_fit_is_named(tmp_path: Path) -> None:
    one, two = made(tmp_path / "one"), made(tmp_path / "two")
    with pytest.raises(BadInput, match="does not belong"):
        context(Pair(one.certificate, two.key))


def test_a_locked_key_is_not_asked_about_on_the_terminal(tmp_path: Path) -> None:
    pair = made(tmp_path)
    pair.key.write_bytes(rsa_key(b"secret"))
    with pytest.raises(BadInput, match="password") as caught:
        context(pair)
    assert "openssl pkey" in caught.value.hint


@pytest.mark.parametrize("which", ["certificate", "key"])
def test_what_is_not_there_or_not_pem_is_named(tmp_path: Path, which: str) -> None:
    pair = made(tmp_path)
    file: Path = getattr(pair, which)
    file.write_bytes(b"\x30\x82 DER")
    with pytest.raises(BadInput, match=f"{file.name} is not PEM"):
        context(pair)
    os.unlink(file)
    with pytest.raises(MissingInput, match=file.name):
        context(pair)


def test_two_files_that_are_pem_and_nothing_more_are_named(tmp_path: Path) -> None:
    pair = made(tmp_path)
    pair.certificate.write_text("-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n")
    with pytest.raises(BadInput, match="no certificate and key"):
        context(pair)
