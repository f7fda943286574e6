import { writeSync } from 'node:fs';
import { madeByOpenssl } from '#trust/fixture.ts';
import { openTrust } from '#trust/store.ts';

/* Meets certificates and decides on them until it is killed; says on stdout what was confirmed. */

const [dir = ''] = process.argv.slice(2);
const certificates = ['a', 'b', 'c'].map((name) => madeByOpenssl(name));
const trust = openTrust(dir, { nowUs: () => Date.now() * 1000, onEvent() {} });
const say = (text: string) => writeSync(1, `${text}\n`);

for (let round = 0; ; round++) {
  const der = certificates[round % certificates.length] as Uint8Array;
  const peer = `opc.tcp://10.0.0.${round % 7}:4840`;
  trust.judge(peer, der);
  const fingerprint = trust.list().find((one) => one.peer === peer && one.state !== 'trusted')?.fingerprint;
  if (fingerprint === undefined) continue;
  const act = round % 5 === 0 ? 'reject' : 'trust';
  say(`begin ${act} ${fingerprint}`);
  for (const one of await trust[act](fingerprint, 'x')) say(`${one.state} ${one.peer} ${fingerprint}`);
  say(`end ${round}`);
}
