// The page: one holder, and the owner's side of the passkey.
import init, { Holder } from './pkg/quorate_browser.js';
import { fromBase64, now, toBase64, toHex } from './bytes.js';

/** What this holder signs: what its owner approved, up to 10 ETH, to anybody. */
const POLICY = {
  version: 1,
  revision: 1,
  approvers: '{approvers}',
  rule: [{
    id: 'mine',
    effect: 'allow',
    action: 'sign',
    min_signers: 2,
    facts: [
      { fact: 'transfer', chain: 'eip155:1', asset: 'eip155:1/slip44:60' },
      { fact: 'fee', chain: 'eip155:1', asset: 'eip155:1/slip44:60', up_to: '5000000000000000' },
    ],
    tiers: [{ up_to: '10000000000000000000', approvers: 1, factors: ['passkey_uv'] }],
  }],
};
const PATIENCE_MS = 30_000;

const $ = (id) => document.getElementById(id);
await init({ module_or_path: new URL('./pkg/quorate_browser_bg.wasm', import.meta.url) });
const holder = new Holder(1);
const worker = new Worker('worker.js', { type: 'module' });

// --- The line to the other holder ------------------------------------------------------------------------------------------------

let bytesSeen = 0;
/** Who waits for something to have happened. */
const waiting = new Set();
const texts = [];

const send = () => {
  for (const bytes of holder.outgoing()) {
    bytesSeen += bytes.length;
    worker.postMessage(bytes);
  }
};
/** Resolves with what `look` finds, as soon as it finds something. */
const until = (look) => new Promise((resolve, reject) => {
  const one = () => {
    const found = look();
    if (!found) return false;
    waiting.delete(one);
    clearTimeout(timer);
    resolve(found);
    return true;
  };
  const timer = setTimeout(() => {
    waiting.delete(one);
    reject(new Error('the other holder does not answer'));
  }, PATIENCE_MS);
  if (!one()) waiting.add(one);
});
const told = (name) => until(() => {
  const at = texts.findIndex((text) => name in text || 'no' in text);
  return at >= 0 && texts.splice(at, 1)[0];
});
const ask = (value) => {
  holder.tell(JSON.stringify(value));
  send();
};

const opened = new Promise((resolve) => {
  worker.onmessage = ({ data }) => {
    if (data.identity) {
      holder.meet(data.identity);
      worker.postMessage({ identity: holder.identity() });
      holder.connect();
      resolve();
    } else {
      bytesSeen += data.length;
      try {
        const text = holder.receive(data);
        if (text !== undefined) texts.push(JSON.parse(text));
      } catch (error) {
        texts.push({ no: error.message });
      }
    }
    send();
    for (const one of [...waiting]) one();
  };
});
await opened;
await until(() => holder.connected());

// --- What the buttons do -------------------------------------------------------------------------------------------------------

const busy = (button, job) => async (event) => {
  event.preventDefault();
  button.disabled = true;
  try {
    await job();
  } catch (error) {
    log('no', error.message);
    button.disabled = false;
  }
};
const log = (mark, text, code) => {
  const item = document.createElement('li');
  item.className = mark;
  item.textContent = `${text} `;
  if (code) item.append(Object.assign(document.createElement('code'), { textContent: code }));
  $('log').append(item);
};

/** Runs a protocol at both holders, and says what it cost. */
const both = async (what, begin) => {
  const [began, bytes] = [performance.now(), bytesSeen];
  const session = holder.session_id();
  ask({ do: what, session: toBase64(session) });
  begin(session);
  send();
  const end = await told('done');
  if (end.no) throw new Error(end.no);
  await until(() => !holder.working());
  return `${(performance.now() - began).toFixed(1)} ms, ${bytesSeen - bytes} bytes`;
};

$('make-key').onclick = busy($('make-key'), async () => {
  $('key-time').textContent = await both('key', (session) => holder.make_key(session));
  $('pair-time').textContent = await both('pair', (session) => holder.pair(session));
  $('account').textContent = holder.account();
  $('register').disabled = false;
});

let credential;
$('register').onclick = busy($('register'), async () => {
  ask({ do: 'challenge' });
  const challenge = fromBase64((await told('challenge')).challenge);
  const user = crypto.getRandomValues(new Uint8Array(16));
  credential = await navigator.credentials.create({ publicKey: {
    rp: { id: location.hostname, name: 'quorate' },
    user: { id: user, name: 'owner', displayName: 'Owner' },
    challenge,
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    attestation: 'none',
  } });
  const [data, object] = [credential.response.clientDataJSON, credential.response.attestationObject];
  ask({ do: 'guard', clientData: toBase64(data), attestation: toBase64(object), user: toBase64(user) });
  const answer = await told('guarded');
  if (answer.no) throw new Error(answer.no);
  const [origin, host] = [location.origin, location.hostname];
  holder.guard(JSON.stringify(POLICY), origin, host, challenge, new Uint8Array(data), new Uint8Array(object), user, now());
  $('credential').textContent = credential.id;
  for (const id of ['approve', 'unapproved']) $(id).disabled = false;
});

const toWei = (eth) => {
  const [whole, part = ''] = eth.split('.');
  return (BigInt(whole) * 10n ** 18n + BigInt(part.padEnd(18, '0').slice(0, 18))).toString();
};
let nonce = 0;
let last;

/** Shows the request to the owner, who approves it with the passkey. */
const approve = async (request) => {
  const publicKey = {
    challenge: holder.challenge(request),
    rpId: location.hostname,
    allowCredentials: [{ type: 'public-key', id: credential.rawId }],
    userVerification: 'required',
  };
  const { id, response } = await navigator.credentials.get({ publicKey });
  const [clientData, authenticatorData, signature] =
    [response.clientDataJSON, response.authenticatorData, response.signature].map(toBase64);
  return [{ id, clientData, authenticatorData, signature }];
};

/** Has both decide, the other first, and if both say yes, sign. */
const sign = async (request, assertions) => {
  const [began, bytes, session] = [performance.now(), bytesSeen, holder.session_id()];
  const what = holder.describe(request);
  ask({ do: 'sign', request: toBase64(request), assertions, session: toBase64(session) });
  const answer = await told('yes');
  if (answer.no) return log('no', `${what}: the other holder refuses:`, answer.no);
  try {
    holder.sign(request, JSON.stringify(assertions), session, now());
  } catch (error) {
    ask({ do: 'stop' });
    await told('stopped');
    return log('no', `${what}: this holder refuses:`, error.message);
  }
  send();
  const end = await told('done');
  if (end.no) throw new Error(end.no);
  await until(() => !holder.working());
  const raw = `0x${toHex(holder.transaction())}`;
  nonce += 1;
  log('yes', `${what}: signed in ${(performance.now() - began).toFixed(1)} ms, ${bytesSeen - bytes} bytes:`, raw);
};
const request = () => holder.request($('to').value, toWei($('eth').value), nonce, now());

const pay = (button, job) => busy(button, async () => {
  await job();
  button.disabled = false;
});
$('pay').onsubmit = pay($('approve'), async () => {
  const wanted = request();
  const assertions = await approve(wanted);
  last = [wanted, assertions];
  await sign(wanted, assertions);
  $('again').disabled = false;
});
$('unapproved').onclick = pay($('unapproved'), () => sign(request(), []));
$('again').onclick = pay($('again'), () => sign(...last));
document.body.dataset.ready = 'yes';
