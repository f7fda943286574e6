import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Redaction } from '#edge/support/redact.ts';

const HIDDEN = '(hidden)';

async function knowing(site: unknown, environment: NodeJS.ProcessEnv = {}): Promise<Redaction> {
  const redaction = new Redaction();
  await redaction.addSite(site, environment);
  return redaction;
}

test('a secret is hidden wherever it comes up, also as JSON or a URL would write it', async () => {
  const redaction = await knowing({ sources: { a: { password: 'a"b c/d' } } });
  assert.equal(redaction.text('said a"b c/d'), `said ${HIDDEN}`);
  assert.equal(redaction.text(JSON.stringify({ x: 'a"b c/d' })), `{"x":"${HIDDEN}"}`);
  assert.equal(redaction.text(encodeURIComponent('a"b c/d')), HIDDEN);
});

test('what a site file points to is a secret; the name of its place is none', async () => {
  const site = { actuators: { hook: { secretEnv: 'HOOK', headersEnv: { 'x-who': 'WHO' } } } };
  const redaction = await knowing(site, { HOOK: 'open sesame', WHO: 'it is me' });
  assert.equal(redaction.text('open sesame, it is me'), `${HIDDEN}, ${HIDDEN}`);
  assert.deepEqual(redaction.json(site), site);
});

test('texts that nobody structured lose what signs in', () => {
  const redaction = new Redaction();
  for (const text of [
    'cannot reach mqtt://me:word@10.0.0.7:1883/x',
    'authorization: Bearer abcdefgh.ijkl',
    'password=hunter22 and so on',
    'once, with the code 28Y1-T4RQ-P26D-PQQR; or',
    'sealed M6KJ-J4W3-W89E-0C7H-7MK6-4RTY',
    'grafana has hf_fCrtYUePf9ej6bRZ0_3pS2xa8Q803dYmyk_bvICu_mg',
    '-----BEGIN PRIVATE KEY-----\nMIIEvQ\nabc\n-----END PRIVATE KEY-----',
  ]) {
    const clean = redaction.text(text);
    assert.ok(clean.includes(HIDDEN), clean);
    for (const word of ['word@', 'abcdefgh', 'hunter22', 'MIIEvQ', 'T4RQ', '7MK6', 'fCrt'])
      assert.ok(!clean.includes(word), clean);
  }
});

test('ordinary words and numbers stay', async () => {
  const redaction = await knowing({ sources: { a: { password: 'ab' } } });
  const status = {
    site: 'abc',
    sources: { a: { samples: 12, keyCount: 3, url: 'opc.tcp://10.0.0.7:4840' } },
  };
  assert.deepEqual(redaction.json(status), status);
});
