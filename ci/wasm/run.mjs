// node run.mjs MODULE..: makes keys among three instances of each module, signs with two, and verifies with node's own cryptography.
import { createPublicKey, getRandomValues, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';

const message = new TextEncoder().encode('signed by two of three modules');
const sessionId = () => getRandomValues(new Uint8Array(16));

function check(condition, what) {
    if (!condition) throw new Error(what);
}

class Device {
    constructor(module) {
        const random = (at, length) => getRandomValues(new Uint8Array(this.exports.memory.buffer, at, length));
        this.exports = new WebAssembly.Instance(module, { env: { random } }).exports;
    }
    give(...parts) {
        const bytes = Buffer.concat(parts);
        new Uint8Array(this.exports.memory.buffer, this.exports.buffer(bytes.length), bytes.length).set(bytes);
    }
    take() {
        return Buffer.from(new Uint8Array(this.exports.memory.buffer, this.exports.result(), this.exports.length()));
    }
    call(name, given, ...args) {
        this.give(...given);
        const code = this.exports[name](...args);
        check(code >= 0, `${name}: ${code}`);
        return code;
    }
}

// Carries messages until all these devices, by number, are done. Gives the result, which is the same at all of them.
function run(devices, what) {
    const results = new Map(), began = performance.now();
    let bytes = 0;
    while (results.size < devices.size) {
        const mail = [];
        for (const [from, device] of devices) {
            for (let to; (to = device.exports.send()) >= 0; ) mail.push({ from, to, message: device.take() });
        }
        check(mail.length > 0, `${what}: nothing moves`);
        for (const { from, to, message } of mail) {
            for (const [number, device] of devices) {
                if (number === from || (to !== 0 && to !== number)) continue;
                device.call('receive', [message], from);
                bytes += message.length;
            }
        }
        for (const [number, device] of devices) {
            if (results.has(number)) continue;
            if (device.call('advance', []) === 1) results.set(number, device.take());
        }
    }
    const [first, ...others] = results.values();
    check(others.every((other) => other.equals(first)), `${what}: the results differ`);
    console.log(`  ${what}: ${(performance.now() - began).toFixed(1)} ms for all devices, ${bytes} bytes on the wire`);
    return first;
}

// A public key for node: SubjectPublicKeyInfo of RFC 8410 and RFC 5480, as bytes.
const ED25519 = Buffer.from('302a300506032b6570032100', 'hex');
const SECP256K1 = Buffer.from('3036301006072a8648ce3d020106052b8104000a032200', 'hex');
const publicKey = (prefix, key) => createPublicKey({ key: Buffer.concat([prefix, key]), format: 'der', type: 'spki' });

function verifies(what, hash, key, signature) {
    const holds = (message, signature) => verify(hash, message, { key, dsaEncoding: 'ieee-p1363' }, signature);
    check(holds(message, signature), `${what}: node does not accept the signature`);
    check(!holds(Buffer.concat([message, message]), signature), `${what}: node accepts another message`);
    const wrong = Buffer.from(signature);
    wrong[40] ^= 1;
    check(!holds(message, wrong), `${what}: node accepts another signature`);
    console.log(`  ${what}: node's crypto.verify accepts ${signature.toString('hex').slice(0, 16)}.. and refuses others`);
}

for (const path of process.argv.slice(2)) {
    const bytes = readFileSync(path);
    const module = new WebAssembly.Module(bytes);
    const imports = WebAssembly.Module.imports(module).map(({ module, name }) => `${module}.${name}`);
    check(imports.join() === 'env.random', `imports ${imports}`);
    console.log(`${basename(path)}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped; its only import is ${imports}`);

    const devices = new Map([1, 2, 3].map((number) => [number, new Device(module)]));
    const identities = [...devices.values()].map((device) => (device.call('identity', []), device.take()));
    for (const [number, device] of devices) device.call('roster', identities, number);
    const start = (devices, name, args, ...given) => {
        const id = sessionId();
        for (const [number, device] of devices) device.call(name, [id, ...given], ...args(number));
    };
    const two = new Map([1, 3].map((number) => [number, devices.get(number)]));
    const other = (number) => [number === 1 ? 3 : 1];

    start(devices, 'keygen_ed25519', () => []);
    const ed25519 = run(devices, 'Ed25519 key generation, 2 of 3');
    start(two, 'sign_ed25519', other, message);
    verifies('Ed25519', null, publicKey(ED25519, ed25519), run(two, 'FROST signature, 1 and 3'));

    if (devices.get(1).exports.pair) {
        start(devices, 'keygen_secp256k1', () => []);
        const secp256k1 = run(devices, 'secp256k1 key generation, 2 of 3');
        start(two, 'pair', other);
        run(two, 'pairing of 1 and 3');
        start(two, 'sign_secp256k1', other, message);
        verifies('ECDSA', 'sha256', publicKey(SECP256K1, secp256k1), run(two, 'ECDSA signature, 1 and 3'));
    }
    const pages = [...devices.values()].map((device) => device.exports.memory.buffer.byteLength / 65536);
    console.log(`  pages of 64 KiB at the end: ${pages}`);
}
