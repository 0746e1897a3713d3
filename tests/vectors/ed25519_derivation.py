#!/usr/bin/env python3
"""Known answers of the crate's own derivation on Ed25519 (`Derivation::Own`), computed from its description alone.

python3 tests/vectors/ed25519_derivation.py > tests/vectors/ed25519_derivation.txt
"""
from hashlib import sha256

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
BASE_Y = 4 * pow(5, -1, P) % P


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + t, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P
    return x, y


def mul(k, point):
    out = (0, 1)
    while k:
        if k & 1:
            out = add(out, point)
        point = add(point, point)
        k >>= 1
    return out


def base():
    x2 = (BASE_Y**2 - 1) * pow(D * BASE_Y**2 + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    assert (x * x - x2) % P == 0
    return (x if x % 2 == 0 else P - x), BASE_Y


G = base()
assert mul(Q, G) == (0, 1)


def encode(point):
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def u32(n):
    return n.to_bytes(4, "big")


def framed(*items):
    return b"".join(u32(len(item)) + item for item in items)


def xof(tag, items, length):
    out, count = b"", 0
    while len(out) < length:
        out += sha256(framed(b"quorate/1/" + tag, *items, u32(count))).digest()
        count += 1
    return out[:length]


SCHEME = bytes([3])  # FROST(Ed25519, SHA-512)


def child(key, chain_code, index):
    attempt = 0
    while True:
        out = xof(b"own-derive", [SCHEME, chain_code, encode(key), u32(index), u32(attempt)], 96)
        step = int.from_bytes(out[:64], "little") % Q
        point = add(key, mul(step, G))
        if step and point != (0, 1):
            return step, point, out[64:]
        attempt += 1


PATHS = ["m", "m/0", "m/1", "m/2147483647", "m/44/501/0/0", "m/0/0/0/0/0/0/0/0"]


def main():
    print("# Derivation on Ed25519 by the rule of this project. By ed25519_derivation.py.")
    print("# secret scalar, chain code, path, tweak, child's public key, child's chain code")
    for seed in ["one", "two"]:
        secret = int.from_bytes(xof(b"sid", [b"secret", seed.encode()], 64), "little") % Q
        root_code = sha256(b"chain code " + seed.encode()).digest()
        for path in PATHS:
            tweak, key, code = 0, mul(secret, G), root_code
            for index in path.split("/")[1:]:
                step, key, code = child(key, code, int(index))
                tweak = (tweak + step) % Q
            assert key == mul((secret + tweak) % Q, G)
            fields = [secret.to_bytes(32, "little"), root_code, path, tweak.to_bytes(32, "little"), encode(key), code]
            print(*[field if isinstance(field, str) else field.hex() for field in fields])


main()
