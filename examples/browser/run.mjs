// Serves the example, or drives it in a headless Chromium.
//
//     node run.mjs FOLDER                    serves FOLDER, where ci/browser.sh has put everything, at http://localhost:8080
//     node run.mjs FOLDER SCREENSHOT.png     clicks through it with a virtual authenticator, reads the transactions with ethers, takes a picture
//
// CHROMIUM names the browser, /usr/bin/chromium if it is not set.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';

const [folder, screenshot] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node run.mjs FOLDER [SCREENSHOT.png]');
  process.exit(2);
}

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
const server = http.createServer((request, response) => {
  const path = request.url === '/' ? '/index.html' : request.url;
  const type = TYPES[extname(path)];
  let body;
  if (type && /^(\/[\w-]+)+\.\w+$/.test(path)) {
    try {
      body = readFileSync(join(folder, path));
    } catch { /* not there */ }
  }
  response.writeHead(body ? 200 : 404, {
    'content-type': type ?? 'text/plain',
    'content-security-policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src data:",
  });
  response.end(body ?? 'not found');
});
const port = await new Promise((done) => server.listen(screenshot ? 0 : 8080, '127.0.0.1', () => done(server.address().port)));
const url = `http://localhost:${port}`;
if (!screenshot) {
  console.log(url);
} else {
  const { chromium } = await import('playwright-core');
  const { Transaction } = await import('ethers');
  const profile = mkdtempSync(join(tmpdir(), 'quorate-browser-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    viewport: { width: 900, height: 1150 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    const cdp = await browser.newCDPSession(page);
    await cdp.send('WebAuthn.enable');
    await cdp.send('WebAuthn.addVirtualAuthenticator', { options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    } });
    await page.goto(url);
    await page.waitForSelector('body[data-ready]').catch((error) => assert.fail([...errors, error].join('\n')));

    await page.click('#make-key');
    await page.waitForSelector('#register:enabled');
    const account = await page.textContent('#account');
    assert.match(account, /^0x[0-9a-fA-F]{40}$/);
    console.log(`account ${account}; key ${await page.textContent('#key-time')}; pairing ${await page.textContent('#pair-time')}`);
    await page.click('#register');
    await page.waitForSelector('#approve:enabled');

    let lines = 0;
    /** Clicks, and gives the line that comes of it. */
    const does = async (button, mark, { to, eth } = {}) => {
      if (to) await page.selectOption('#to', to);
      if (eth) await page.fill('#eth', eth);
      await page.click(button);
      lines += 1;
      const line = page.locator(`#log li:nth-child(${lines})`);
      await line.waitFor();
      const text = await line.textContent();
      console.log(`${mark}: ${text.length > 150 ? `${text.slice(0, 150)}..` : text}`);
      assert.equal(await line.getAttribute('class'), mark, text);
      await page.waitForSelector('#approve:enabled');
      return { text, code: await line.locator('code').textContent() };
    };
    const [payee, stranger] = ['0x1111111111111111111111111111111111111111', '0x6666666666666666666666666666666666666666'];
    /** Reads a raw transaction as somebody who knows nothing of it. */
    const pays = ({ code }, nonce, value) => {
      const read = Transaction.from(code);
      assert.deepEqual(
        [read.from, read.to, read.value, read.nonce, read.chainId],
        [account, payee, value, nonce, 1n],
      );
    };
    const signed = await does('#approve', 'yes', { to: payee, eth: '0.3' });
    pays(signed, 0, 300000000000000000n);
    const replayed = await does('#again', 'no');
    assert.match(replayed.text, /the other holder refuses/);
    const refused = async (button, number, change) => {
      const { text } = await does(button, 'no', change);
      assert.ok(text.includes(`the other holder refuses`) && text.includes(`(${number})`), text);
    };
    await refused('#unapproved', 5608, {});
    await refused('#approve', 5606, { to: stranger, eth: '0.1' });
    await refused('#approve', 5607, { to: payee, eth: '0.9' });
    pays(await does('#approve', 'yes', { to: payee, eth: '0.5' }), 1, 500000000000000000n);
    // 0.8 of the day's 1 ETH are spent.
    await refused('#approve', 5609, { to: payee, eth: '0.4' });
    assert.deepEqual(errors, []);
    await page.screenshot({ path: screenshot, fullPage: true });
    console.log(`two payments signed, read by ethers as the account's; five refused, each for its reason; ${screenshot}`);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
    server.close();
  }
}
