#!/usr/bin/env python3
"""Containers, a backup, and keys derived from a PRF output, computed from the vault's description alone.

Needs `cryptography` (AES-GCM) and `argon2-cffi` (the reference implementation of Argon2); writes vault.txt beside itself.
Random bytes are 0, 1, 2, .. modulo 256 in the order in which the crate asks for them.
"""
import hashlib
import hmac
from pathlib import Path

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Counting:
    def __init__(self):
        self.at = 0

    def __call__(self, count):
        out = bytes((self.at + i) % 256 for i in range(count))
        self.at += count
        return out


def u(value, size):
    return value.to_bytes(size, "big")


def sha256(data):
    return hashlib.sha256(data).digest()


def frame(data):
    return u(len(data), 4) + data


def tag(name):
    return frame(b"quorate/1/" + name)


def th(name, *items):
    return sha256(tag(name) + b"".join(map(frame, items)))


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def extract(salt, ikm):
    return mac(salt, ikm)


def expand(prk, info, size):
    out, block, count = b"", b"", 1
    while len(out) < size:
        block = mac(prk, block + info + bytes([count]))
        out, count = out + block, count + 1
    return out[:size]


def aead(key, associated, data):
    return AESGCM(key).encrypt(bytes(12), data, associated)


def slot(fixed, kind, salt, params, unbound, ikm, dk):
    ctx = th(b"vault/ctx", fixed, bytes([kind]), salt, params)
    prk = extract(salt, ikm)
    kek = expand(prk, tag(b"vault/kek") + ctx, 32)
    commit = expand(prk, tag(b"vault/slot-commit") + ctx, 32)
    rest = salt + params + unbound + commit + aead(kek, ctx, dk)
    return bytes([kind, 0]) + u(len(rest), 2) + rest


def container(kind, scheme, holder, name, epoch, counter, plain, slots):
    rng = Counting()
    obj, dk = rng(16), rng(32)
    prk = extract(obj, dk)
    x = lambda name: expand(prk, tag(name), 32)
    fixed = b"QRTVAULT" + bytes([1, kind, 1, scheme]) + u(holder, 2) + bytes(2) + name
    fixed += u(epoch, 8) + u(counter, 8) + obj + x(b"vault/commit")
    assert len(fixed) == 112
    area = b""
    for kind_of_slot, params, unbound, ikm in slots:
        salt = rng(32)
        ikm = ikm(salt) if callable(ikm) else ikm
        area += slot(fixed, kind_of_slot, salt, params, unbound, ikm, dk)
    above = fixed + bytes([len(slots), 0]) + u(len(area), 2) + area
    body = aead(x(b"vault/body"), fixed + u(len(plain), 4), plain)
    return above + mac(x(b"vault/slots"), above) + u(len(plain), 4) + body


def app_secret(label, secret):
    return bytes([1, len(label)]) + label + secret


def passphrase(text, kib, passes, lanes):
    params = bytes([0x13, 0]) + u(lanes, 2) + u(kib, 4) + u(passes, 4)
    return 1, params, b"", lambda salt: hash_secret_raw(text, salt, passes, kib, lanes, 32, Type.ID)


def prf(rp_id, credential, point, output):
    return 2, sha256(rp_id) + sha256(credential) + point, b"", output


def external(label, key, blob):
    return 3, bytes([len(label)]) + label, u(len(blob), 2) + blob, key


def held(label, key):
    return 4, sha256(label), b"", key


def derive(output, rp_id, app, purpose, chain, account, version, ctr):
    info = tag(b"prf/derive") + frame(app) + frame(purpose) + frame(chain)
    info += frame(u(account, 4)) + frame(u(version, 2)) + bytes([ctr])
    return expand(extract(sha256(rp_id), output), info, 64)


OUTPUT = bytes(range(100, 132))
SECRET = app_secret(b"quote MAC key", bytes([0xA5] * 32))
NAME = sha256(b"quote MAC key")
HELD = held(b"daily work", bytes([0x44] * 32))
lines = []


def line(name, value):
    lines.append(f"{name} {value.hex()}")


line("held", container(6, 0, 0, NAME, 0, 7, SECRET, [HELD]))
every = [
    passphrase(b"correct horse", 19456, 2, 1),
    prf(b"example.org", b"credential", bytes([0x22] * 32), OUTPUT),
    external(b"kms key 1", bytes([0x33] * 32), b"blob"),
    HELD,
]
line("every", container(6, 0, 0, NAME, 0, 2**64 - 1, SECRET, every))

item = bytes([6, 0]) + u(0, 2) + NAME + u(0, 4) + u(7, 8) + frame(SECRET)
plain = b"QRTB" + bytes([1]) + u(1_800_000_000, 8) + bytes([0x77] * 32) + u(1, 2) + item
backup = container(5, 0, 0, bytes([0x66] * 32), 3, 3, plain, [HELD])
line("backup", backup)
length = len(plain) + 16
line("backup-hash", th(b"vault/chain", backup[:112], backup[-length:]))

for name, fields in {
    "derive-btc": (b"wallet", b"sign", b"bip122:000000000019d6689c085ae165831e93", 0, 1, 0),
    "derive-eth": (b"wallet", b"sign", b"eip155:1", 0, 1, 0),
    "derive-eth-account": (b"wallet", b"sign", b"eip155:1", 2**32 - 1, 1, 0),
    "derive-eth-version": (b"wallet", b"sign", b"eip155:1", 0, 65535, 0),
    "derive-eth-again": (b"wallet", b"sign", b"eip155:1", 0, 1, 1),
    "derive-backup": (b"wallet", b"backup", b"none", 0, 1, 0),
    "derive-shifted": (b"walle", b"tsign", b"eip155:1", 0, 1, 0),
}.items():
    line(name, derive(OUTPUT, b"example.org", *fields))

Path(__file__).with_name("vault.txt").write_text("\n".join(lines) + "\n")
