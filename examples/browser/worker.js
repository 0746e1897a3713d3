// The other holder: what a co-signing server would be. It takes bytes from the page and gives bytes back; what it does, it does by its policy.
import init, { Holder } from './pkg/quorate_browser.js';
import { fromBase64, now, toBase64 } from './bytes.js';

/** What it signs: payments to listed payees, up to 0.5 ETH each and 1 ETH a day, approved with the owner's passkey. */
const POLICY = {
  version: 1,
  revision: 1,
  approvers: '{approvers}',
  lists: { payees: ['0x1111111111111111111111111111111111111111'] },
  cap: [{ id: 'day', scope: 'key', asset: 'eip155:1/slip44:60', window_s: 86400, limit: '1000000000000000000' }],
  rule: [{
    id: 'payments',
    effect: 'allow',
    action: 'sign',
    caps: ['day'],
    min_signers: 2,
    facts: [
      { fact: 'transfer', chain: 'eip155:1', asset: 'eip155:1/slip44:60', to: 'payees' },
      { fact: 'fee', chain: 'eip155:1', asset: 'eip155:1/slip44:60', up_to: '5000000000000000' },
    ],
    tiers: [{ up_to: '500000000000000000', approvers: 1, factors: ['passkey_uv'] }],
  }],
};

await init({ module_or_path: new URL('./pkg/quorate_browser_bg.wasm', import.meta.url) });
const holder = new Holder(2);
let challenge;

const send = () => holder.outgoing().forEach((bytes) => postMessage(bytes));
const tell = (value) => holder.tell(JSON.stringify(value));

/** Does what the page asks for, if the holder will. */
const answer = {
  key: ({ session }) => holder.make_key(fromBase64(session)),
  pair: ({ session }) => holder.pair(fromBase64(session)),
  challenge: () => {
    challenge = crypto.getRandomValues(new Uint8Array(32));
    tell({ challenge: toBase64(challenge) });
  },
  guard: ({ clientData, attestation, user }) => {
    if (!challenge) throw new Error('no challenge was given');
    const [data, object, handle] = [clientData, attestation, user].map(fromBase64);
    // Where its pages are it knows itself.
    holder.guard(JSON.stringify(POLICY), location.origin, location.hostname, challenge, data, object, handle, now());
    challenge = undefined;
    tell({ guarded: true });
  },
  sign: ({ request, assertions, session }) => {
    holder.sign(fromBase64(request), JSON.stringify(assertions), fromBase64(session), now());
    tell({ yes: true });
  },
  stop: () => {
    holder.give_up(now());
    tell({ stopped: true });
  },
};

onmessage = ({ data }) => {
  if (data.identity) return holder.meet(data.identity);
  try {
    const before = holder.working();
    const text = holder.receive(data);
    if (text !== undefined) {
      const told = JSON.parse(text);
      answer[told.do](told);
    }
    if (before && !holder.working()) tell({ done: before });
  } catch (error) {
    if (holder.connected()) tell({ no: error.message });
  }
  send();
};
postMessage({ identity: holder.identity() });
