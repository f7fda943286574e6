import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { Fault } from '#kernel/fault.ts';
import type { PeerTrust } from '#plugin/api.ts';
import { certificateFolder, ServerProcess } from '#test/opcua/peer.ts';
import { openOpcua, TestTrust } from '#test/opcua/rig.ts';
import { until } from '#test/until.ts';

const trust = new TestTrust();
const secured = { security: { mode: 'signAndEncrypt' } };
const tags = { a: { at: { path: 'Plant/Line1/Counter0' } } };
let folder: string;
let server: ServerProcess;
before(async () => {
  folder = await certificateFolder();
  server = await ServerProcess.start({
    secured: true,
    certificates: folder,
    announce: 'opc.tcp://nobody.invalid:4840',
  });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  if (folder) await rm(folder, { recursive: true, force: true });
  trust[Symbol.dispose]();
});

/** Trusts everything, with the identity of the others: making a key takes time. */
const trusting: PeerTrust = {
  judge: () => 'trusted',
  identity: (request) => trust.store.identity(request),
};
const open = (config: Record<string, unknown>, judging: PeerTrust = trust.store) =>
  openOpcua({ trust: judging, config: { url: server.url, ...config }, tags });

const refused = (code: string) => (fault: Fault) => {
  assert.equal(fault.code, code, fault.message);
  assert.ok(fault.hint);
  return true;
};

test('a fingerprint in the site file is trusted without a command', async () => {
  using other = new TestTrust();
  const judging = { ...trusting, judge: other.store.judge.bind(other.store) };
  await assert.rejects(open(secured, judging), refused('opcua.certificate-waiting'));
  const serverFingerprints = [other.store.list()[0]?.fingerprint.toUpperCase() ?? ''];
  await using device = await open({ ...secured, serverFingerprints }, judging);
  await device.until(() => device.last('a'));
});

test('users sign in by name, secured or not; a wrong one opens nothing', async () => {
  process.env.HOLDFAST_TEST_PASSWORD = 'motor';
  try {
    const otto = { name: 'otto', passwordEnv: 'HOLDFAST_TEST_PASSWORD' };
    const emil = open({ ...secured, user: { ...otto, name: 'emil' } }, trusting);
    await assert.rejects(emil, refused('opcua.user-refused'));
    for (const mode of ['signAndEncrypt', 'none']) {
      await using device = await open({ security: { mode }, user: otto }, trusting);
      await device.until(() => device.last('a'));
    }
    await until('no session is left', async () => (await server.ask()).sessions === 0);
  } finally {
    delete process.env.HOLDFAST_TEST_PASSWORD;
  }
});

test('a password never leaves in the clear, whatever tokens are offered', async () => {
  await using clear = await ServerProcess.start({ certificates: folder, passwordInClear: true });
  process.env.HOLDFAST_TEST_PASSWORD = 'motor';
  try {
    const user = { name: 'otto', passwordEnv: 'HOLDFAST_TEST_PASSWORD' };
    const opening = open({ url: clear.url, security: { mode: 'none' }, user }, trusting);
    await assert.rejects(opening, refused('opcua.password-in-clear'));
    assert.equal((await clear.ask()).sessions, 0);
  } finally {
    delete process.env.HOLDFAST_TEST_PASSWORD;
  }
});

test('an unknown certificate waits for people; once trusted, values come; a changed one waits again', async () => {
  const before = (await server.ask()).sessionsEver;
  await assert.rejects(open(secured), (fault: Fault) => {
    assert.match(fault.hint ?? '', /holdfast certificates trust [0-9a-f]{16}/);
    return refused('opcua.certificate-waiting')(fault);
  });
  assert.equal((await server.ask()).sessionsEver, before);
  const [waiting] = trust.store.list();
  assert.equal(waiting?.peer, server.url);
  await trust.store.trust(waiting?.fingerprint ?? '', 'test');
  for (const policy of ['basic256Sha256', 'aes128Sha256RsaOaep', 'aes256Sha256RsaPss']) {
    await using device = await open({ security: { mode: 'signAndEncrypt', policy } });
    await device.until(() => device.last('a'));
  }
  await using signed = await open({ security: { mode: 'sign' } });
  await signed.until(() => signed.last('a'));

  const { port } = server;
  await server[Symbol.asyncDispose]();
  server = await ServerProcess.start({ port, secured: true });
  await assert.rejects(open(secured), refused('opcua.certificate-changed'));
  const changed = trust.store.list().find(({ state }) => state === 'changed');
  await trust.store.reject(changed?.fingerprint ?? '', 'test');
  await assert.rejects(open(secured), refused('opcua.certificate-rejected'));
});
