"""Gives the embedded server its certificate: one of its user's, or one made for localhost and kept.

The made one signs itself and may sign (CA:TRUE), so that a client which trusts the file alone, as `SSL_CERT_FILE`
has it, trusts the server. Each set of names has a file of its own, all have one key, and what is in a file stays there
until it ends: whoever trusts it, and whoever serves with it, is not to be disturbed by another server's beginning.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from importlib.util import find_spec
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from livechat.errors import BadInput, DeviceError, LivechatError, MissingInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import Certificate, GeneralName

NAMES: Final = ("localhost", "127.0.0.1", "::1")
LASTS: Final = timedelta(days=365)
REUSED_FOR: Final = timedelta(days=7)
"""A kept certificate that ends sooner is made again, and stays in the file behind the new one."""
LONGEST_NAME: Final = 100
"""Characters of a file's name before its ending."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two PEM files that fit together."""

    certificate: Path
    key: Path
    renewed: bool = False
    """The file holds another certificate than before: who trusts it must read it again."""


def for_localhost(folder: Path, now: datetime, install_line: str, more: Collection[str] = ()) -> Pair:
    """The kept certificate in `folder`, made where there is none that is good; `more` are names beside localhost.

    One that has more names than are wanted is good, too.

    Raises LivechatError with `install_line` as its hint where `cryptography` is not installed, DeviceError where the
    folder cannot be written.
    """
    if find_spec("cryptography") is None:
        raise LivechatError("--tls needs the package cryptography", why="It makes the certificate.", hint=install_line)
    others = {name.lower() for name in more} - {*NAMES}
    file, key_file = folder / f"{_stem(others)}.pem", folder / "localhost-key.pem"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        renewed = _keep(file, _kept_key(key_file), sorted({*NAMES, *others}), now)
    except OSError as error:
        raise DeviceError(f"no certificate can be kept in {folder}", why=error.strerror or str(error)) from error
    return Pair(file, key_file, renewed)


def context(pair: Pair) -> ssl.SSLContext:
    """What a server listens with, from TLS 1.2 on. Raises MissingInput or BadInput for files that cannot serve."""
    found = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    for file in (pair.certificate, pair.key):
        _must_be_pem(file)
    try:
        found.load_cert_chain(pair.certificate, pair.key, password=_no_password)
    except ssl.SSLError as error:
        raise _unfit(pair, error) from error
    return found


def _no_password() -> bytes:
    """OpenSSL would ask on the terminal; an empty answer fails at once."""
    return b""


def _must_be_pem(file: Path) -> None:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise MissingInput(f"cannot read {file}", why=error.strerror or str(error)) from error
    if b"-----BEGIN " not in content:
        raise BadInput(f"{file} is not PEM", why="Such a file has a line -----BEGIN CERTIFICATE----- or alike.")


def _unfit(pair: Pair, error: ssl.SSLError) -> LivechatError:
    if error.reason == "KEY_VALUES_MISMATCH":
        return BadInput(f"the key in {pair.key} does not belong to the certificate in {pair.certificate}")
    if b"ENCRYPTED" in pair.key.read_bytes():
        return BadInput(
            f"the key in {pair.key} is locked with a password",
            hint=f"openssl pkey -in {pair.key} -out unlocked.pem",
        )
    return BadInput(f"{pair.certificate} and {pair.key} are no certificate and key", why=str(error.reason or error))


# --------------------------------------------------------------------------------------------- its own


def _kept_key(file: Path) -> EllipticCurvePrivateKey:
    """The key in `file`, made where there is none that can be read; only its owner may read it."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    with suppress(FileNotFoundError, ValueError, TypeError):
        kept = load_pem_private_key(file.read_bytes(), password=None)
        if isinstance(kept, EllipticCurvePrivateKey):
            return kept
    made = generate_private_key(SECP256R1())
    _write(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    return made


def _stem(more: Collection[str]) -> str:
    """What the file is called that holds a certificate for these names beside localhost; no two sets share it."""
    whole = "+".join(["localhost", *sorted(more)])
    plain = re.sub(r"[^A-Za-z0-9.+-]", "_", whole)[:LONGEST_NAME]
    return whole if plain == whole else f"{plain}-{sha256(whole.encode()).hexdigest()[:8]}"


def _keep(file: Path, key: EllipticCurvePrivateKey, names: Sequence[str], now: datetime) -> bool:
    """Lets `file` begin with a good certificate, and says whether it began with another of this key until now."""
    kept = _kept(file, key)
    if kept and _still_good(kept[0], names, now):
        return False
    served = [one for one in kept if one.not_valid_after_utc > now]  # by servers that began earlier
    _write(file, b"".join(map(_pem, [_made(key, names, now), *served])), 0o644)
    return bool(kept)


def _kept(file: Path, key: EllipticCurvePrivateKey) -> list[Certificate]:
    """The certificates in `file` that `key` belongs to."""
    from cryptography import x509

    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return []
    return [one for one in found if one.public_key() == key.public_key()]


def _still_good(kept: Certificate, names: Sequence[str], now: datetime) -> bool:
    from cryptography import x509

    try:
        found = kept.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    fits = set(_names(names)) <= set(found)
    return fits and kept.not_valid_before_utc <= now and now + REUSED_FOR < kept.not_valid_after_utc


def _made(key: EllipticCurvePrivateKey, names: Sequence[str], now: datetime) -> Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    serial = x509.random_serial_number()
    # OpenSSL looks trusted certificates up by their subject: two in one file must not share it.
    subject = {NameOID.COMMON_NAME: "localhost", NameOID.SERIAL_NUMBER: f"{serial:x}"}
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in subject.items()])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(minutes=5))  # for clocks that go a little late
        .not_valid_after(now + LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(_names(names)), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, SHA256())
    )


def _names(names: Sequence[str]) -> list[GeneralName]:
    from cryptography import x509

    return [x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name) for name in map(_address, names)]


def _address(name: str) -> str | IPv4Address | IPv6Address:
    try:
        return ip_address(name)
    except ValueError:
        return name


def _pem(certificate: Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _write(file: Path, content: bytes, mode: int) -> None:
    """All or nothing, and never readable for more than `mode` says."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as written:
        written.write(content)
    beside.replace(file)
