// Makes samples: a real Chromium with a virtual authenticator of its developer tools registers credentials and signs with them.
//
//     node generate.mjs DIRECTORY        CHROMIUM names the browser, /usr/bin/chromium if it is not set
//
// Each sample is one credential: how it was registered, and the assertions made with it. Everything in base64url. `origins` has the
// pages' origins as this script knows them, which is the relying party's side of it; what the browser says stands in the client data.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const out = process.argv[2];
if (!out) {
  console.error('usage: node generate.mjs DIRECTORY');
  process.exit(2);
}
mkdirSync(out, { recursive: true });
const scratch = mkdtempSync(join(tmpdir(), 'quorate-browser-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

const b64 = (bytes) => Buffer.from(bytes).toString('base64url');
const challenge = (length = 32) => b64(randomBytes(length));

// --- Pages -------------------------------------------------------------------------------------------------------------------

/** What runs in every page: options with base64url in, results with base64url out. */
const SCRIPT = `
const to = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const from = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
window.register = async (o) => {
  const publicKey = {
    rp: { id: o.rpId, name: 'samples' },
    user: { id: to(o.userHandle), name: 'user', displayName: 'user' },
    challenge: to(o.challenge),
    pubKeyCredParams: [{ type: 'public-key', alg: o.alg }],
    authenticatorSelection: { residentKey: o.residentKey, userVerification: o.userVerification },
    attestation: o.attestation,
    extensions: o.prf ? { prf: {} } : o.blob ? { credBlob: new Uint8Array(8), credentialProtectionPolicy: 'userVerificationRequired' } : {},
  };
  const c = await navigator.credentials.create({ publicKey });
  return { id: c.id, clientDataJSON: from(c.response.clientDataJSON), attestationObject: from(c.response.attestationObject) };
};
window.authenticate = async (o) => {
  const publicKey = {
    rpId: o.rpId,
    challenge: to(o.challenge),
    allowCredentials: o.id ? [{ type: 'public-key', id: to(o.id) }] : [],
    userVerification: o.userVerification,
    extensions: o.prf ? { prf: { eval: { first: new Uint8Array(32) } } } : o.blob ? { getCredBlob: true } : {},
  };
  const c = await navigator.credentials.get({ publicKey });
  return {
    id: c.id,
    clientDataJSON: from(c.response.clientDataJSON),
    authenticatorData: from(c.response.authenticatorData),
    signature: from(c.response.signature),
    userHandle: c.response.userHandle ? from(c.response.userHandle) : null,
  };
};
`;

const answer = (request, response) => {
  const frame = new URL(request.url, 'http://x').searchParams.get('frame');
  const inner = frame ? `<iframe src="${frame}" allow="publickey-credentials-get *"></iframe>` : '';
  response.setHeader('content-type', 'text/html');
  response.end(`<!doctype html><title>samples</title><script>${SCRIPT}</script>${inner}`);
};
const listen = (server) =>
  new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));

const [keyFile, certFile] = [join(scratch, 'key.pem'), join(scratch, 'cert.pem')];
execFileSync('openssl', [
  'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=example.com',
  '-addext', 'subjectAltName=DNS:example.com,DNS:*.example.com', '-keyout', keyFile, '-out', certFile,
], { stdio: 'ignore' });
const spki = execFileSync('openssl', ['pkey', '-in', keyFile, '-pubout', '-outform', 'DER']);
const pin = createHash('sha256').update(spki).digest('base64');

const plain = await listen(http.createServer(answer));
const second = await listen(http.createServer(answer));
const secure = await listen(https.createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, answer));
const LOCALHOST = `http://localhost:${plain}`;
const OTHER_PORT = `http://localhost:${second}`;
const PORTAL = `http://portal.localhost:${plain}`;
const WALLET = `http://wallet.localhost:${plain}`;
const SHOP = `https://wallet.example.com:${secure}`;

// --- The browser -------------------------------------------------------------------------------------------------------------

const context = await chromium.launchPersistentContext(join(scratch, 'profile'), {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--host-resolver-rules=MAP *.example.com 127.0.0.1',
    `--ignore-certificate-errors-spki-list=${pin}`,
  ],
});

/** A page with an authenticator of its own. */
const open = async (url, options = {}) => {
  const page = await context.newPage();
  await page.goto(url);
  const cdp = await context.newCDPSession(page);
  await cdp.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
      isUserVerified: true, automaticPresenceSimulation: true, ...options,
    },
  });
  const send = (method, parameters) => cdp.send(`WebAuthn.${method}`, { authenticatorId, ...parameters });
  return { page, send };
};

const register = async (page, { rpId, ...options }) => {
  const o = {
    rpId, userHandle: b64(randomBytes(16)), challenge: challenge(), alg: -7, residentKey: 'discouraged', userVerification: 'required',
    attestation: 'none', ...options,
  };
  const result = await page.evaluate((o) => window.register(o), o);
  return { userHandle: o.userHandle, registration: { challenge: o.challenge, ...result } };
};

const authenticate = async (frame, label, options) => {
  const o = { challenge: challenge(), userVerification: 'required', ...options };
  const result = await frame.evaluate((o) => window.authenticate(o), o);
  return { label, challenge: o.challenge, ...result };
};

let written = 0;
const write = (name, sample) => {
  writeFileSync(join(out, `${name}.json`), JSON.stringify({ browser: version, ...sample }, null, 2) + '\n');
  written += 1;
};
const version = context.browser()?.version() ?? execFileSync(process.env.CHROMIUM ?? '/usr/bin/chromium', ['--version']).toString().trim();

// --- Samples -----------------------------------------------------------------------------------------------------------------

/** A credential at a page, and assertions with it: a label, and what is special about each. */
const simple = async (name, { url, rpId, authenticator, create, get = {}, steps }) => {
  const { page, send } = await open(url, authenticator);
  const made = await register(page, { rpId, ...create });
  const assertions = [];
  for (const [label, step] of Object.entries(steps)) {
    const { before, ...options } = step;
    if (before) await before(send, made.registration.id);
    assertions.push(await authenticate(page, label, { rpId, id: made.registration.id, ...get, ...options }));
  }
  write(name, { origins: { page: url }, rpId, ...made, assertions });
  await page.close();
};

await simple('counter', { url: LOCALHOST, rpId: 'localhost', steps: { first: {}, second: {}, third: {} } });

await simple('no-uv', {
  url: LOCALHOST, rpId: 'localhost', authenticator: { hasUserVerification: false, isUserVerified: false },
  create: { userVerification: 'discouraged' }, get: { userVerification: 'discouraged' }, steps: { first: {}, second: {} },
});

await simple('uv-lost', {
  url: LOCALHOST, rpId: 'localhost', get: { userVerification: 'discouraged' },
  steps: { verified: { userVerification: 'required' }, unverified: { before: (send) => send('setUserVerified', { isUserVerified: false }) } },
});

await simple('discoverable', {
  url: LOCALHOST, rpId: 'localhost', create: { residentKey: 'required' }, steps: { 'with id': {}, 'without id': { id: null } },
});

const properties = (backupEligibility, backupState) => ({
  before: (send, id) =>
    send('setCredentialProperties', { credentialId: Buffer.from(id, 'base64url').toString('base64'), backupEligibility, backupState }),
});
await simple('backup', {
  url: LOCALHOST, rpId: 'localhost', authenticator: { defaultBackupEligibility: true, defaultBackupState: true },
  create: { residentKey: 'required' },
  steps: { 'backed up': {}, 'no longer': properties(true, false), 'not eligible': properties(false, false) },
});

await simple('other-rp', { url: WALLET, rpId: 'wallet.localhost', steps: { first: {} } });
await simple('parent-rp', { url: SHOP, rpId: 'example.com', steps: { first: {} } });
await simple('own-rp', { url: SHOP, rpId: 'wallet.example.com', steps: { first: {} } });
await simple('other-port', { url: OTHER_PORT, rpId: 'localhost', steps: { first: {} } });
await simple('direct', { url: LOCALHOST, rpId: 'localhost', create: { attestation: 'direct' }, steps: { first: {} } });
await simple('prf', {
  url: LOCALHOST, rpId: 'localhost', authenticator: { hasPrf: true }, create: { prf: true }, get: { prf: true }, steps: { first: {} },
});
await simple('extensions', {
  url: LOCALHOST, rpId: 'localhost', authenticator: { hasCredBlob: true }, create: { blob: true, residentKey: 'required' }, get: { blob: true },
  steps: { first: {} },
});
await simple('u2f', {
  url: LOCALHOST, rpId: 'localhost', create: { userVerification: 'discouraged', attestation: 'direct' },
  authenticator: {
    protocol: 'u2f', ctap2Version: undefined, transport: 'usb', hasResidentKey: false, hasUserVerification: false, isUserVerified: false,
  },
  get: { userVerification: 'discouraged' }, steps: { first: {}, second: {} },
});
await simple('eddsa', { url: LOCALHOST, rpId: 'localhost', create: { alg: -8 }, steps: { first: {} } });

const same = challenge();
await simple('challenges', {
  url: LOCALHOST, rpId: 'localhost',
  steps: {
    'of 8 bytes': { challenge: challenge(8) }, 'of 16 bytes': { challenge: challenge(16) }, 'of 64 bytes': { challenge: challenge(64) },
    'of 256 bytes': { challenge: challenge(256) }, 'the same': { challenge: same }, 'the same again': { challenge: same },
  },
});

// Registered at the top, used in a frame of a page of another origin.
{
  const { page } = await open(LOCALHOST);
  const made = await register(page, { rpId: 'localhost' });
  const assertions = [await authenticate(page, 'at the top', { rpId: 'localhost', id: made.registration.id })];
  await page.goto(`${PORTAL}/?frame=${encodeURIComponent(LOCALHOST)}`);
  const frame = page.frames().find((frame) => frame !== page.mainFrame());
  await frame.waitForLoadState();
  assertions.push(await authenticate(frame, 'in a frame', { rpId: 'localhost', id: made.registration.id }));
  write('frame', { origins: { page: LOCALHOST, top: PORTAL }, rpId: 'localhost', ...made, assertions });
}

await context.close();
console.log(`${written} samples by ${version} in ${out}`);
process.exit(0);
