// A second opinion: what @simplewebauthn/server says of the samples, case by case.
//
//     node second.mjs DIRECTORY        reads the samples there, and writes verdicts.json beside them
//
// The cases are those of cases.json: one sample, and the relying party's rules where they are not the strictest. Each verdict is
// "accepted" or the message of the error. tests/webauthn/browser.rs compares them with the library's own.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';

const directory = process.argv[2];
if (!directory) {
  console.error('usage: node second.mjs DIRECTORY');
  process.exit(2);
}
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const envelope = (id, response) => ({ id, rawId: id, type: 'public-key', response, clientExtensionResults: {} });

const verdict = async (verify) => {
  try {
    const result = await verify();
    return result.verified ? ['accepted', result] : ['not verified', null];
  } catch (error) {
    return [error.message, null];
  }
};

const registration = (sample, rules) => {
  const { id, challenge, ...response } = sample.registration;
  return verdict(() =>
    verifyRegistrationResponse({
      response: envelope(id, response), expectedChallenge: challenge, expectedOrigin: rules.origins, expectedRPID: rules.rpIds,
      requireUserVerification: rules.requireUv, supportedAlgorithmIDs: [-7],
    }),
  );
};

const verdicts = {};
for (const rules of read(new URL('cases.json', import.meta.url))) {
  const sample = read(join(directory, `${rules.sample}.json`));
  const named = (origin) => sample.origins[origin] ?? origin;
  const own = {
    rpIds: rules.rpIds ?? [sample.rpId], origins: (rules.origins ?? ['page']).map(named), requireUv: rules.requireUv ?? true,
  };
  const [said] = await registration(sample, own);
  // The record is there already, from when the rules were as lenient as they can be.
  const [, enrolled] = await registration(sample, { rpIds: [sample.rpId], origins: [sample.origins.page], requireUv: false });
  const assertions = {};
  if (enrolled) {
    const credential = enrolled.registrationInfo.credential;
    for (const { label, challenge, id, ...response } of sample.assertions) {
      const [said, result] = await verdict(() =>
        verifyAuthenticationResponse({
          response: envelope(id, { ...response, userHandle: response.userHandle ?? undefined }), expectedChallenge: challenge,
          expectedOrigin: own.origins, expectedRPID: own.rpIds, requireUserVerification: own.requireUv, credential,
          expectedTopOrigin: rules.crossOrigin ? rules.topOrigins.map(named) : undefined,
        }),
      );
      assertions[label] = said;
      if (result) credential.counter = result.authenticationInfo.newCounter;
    }
  }
  // The ports are new each time.
  const plain = (text) => text.replaceAll(/(localhost|example\.com):\d+/g, '$1').replaceAll(/"[\w-]{20,}"/g, '".."');
  verdicts[rules.case] = {
    registration: plain(said),
    assertions: Object.fromEntries(Object.entries(assertions).map(([label, said]) => [label, plain(said)])),
  };
}
writeFileSync(join(directory, 'verdicts.json'), JSON.stringify(verdicts, null, 2) + '\n');
console.log(`${Object.keys(verdicts).length} cases in ${join(directory, 'verdicts.json')}`);
