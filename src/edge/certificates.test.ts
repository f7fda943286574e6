import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { startSite } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';
import type { Source, SourceDef } from '#plugin/api.ts';
import { until } from '#test/until.ts';
import { madeByOpenssl } from '#trust/fixture.ts';

const CERTIFICATE = madeByOpenssl('plc');
const FINGERPRINT = createHash('sha256').update(CERTIFICATE).digest('hex');
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A source that opens only for a peer whose certificate is trusted, as one of OPC UA does. */
const careful = (modbus: SourceDef): SourceDef => ({
  ...modbus,
  async open(_config, deps) {
    const judged = deps.trust.judge('opc.tcp://plc:4840', CERTIFICATE);
    if (judged !== 'trusted') throw new Fault('test.untrusted', `the certificate is ${judged}`);
    const source: Source = {
      read: (signal) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      async [Symbol.asyncDispose]() {},
    };
    return source;
  },
});

test('a decision takes effect at once: a waiting source opens, a running one is closed and kept out', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-certificates-'));
  const { blueprint } = await checkSite(
    'site: small\nsources: { plc: { kind: modbus, host: 127.0.0.1 } }\ntags: { line/press/p: { source: plc, address: { unit: 1, holding: 0 } } }',
  );
  assert.ok(blueprint?.plugins.sources.modbus);
  const plugins = { ...blueprint.plugins, sources: { modbus: careful(blueprint.plugins.sources.modbus) } };
  {
    await using site = await startSite({
      blueprint: { ...blueprint, plugins },
      dataDir: dir,
      log: quiet,
      version: '0',
    });
    const plc = () => site.status().sources.plc;
    const sourceIs = (state: string) => until(`the source is ${state}`, () => plc()?.state === state);
    await sourceIs('waiting');
    await site.trust.trust(FINGERPRINT, 'mia');
    await sourceIs('running');
    await site.trust.reject(FINGERPRINT, 'mia');
    await sourceIs('waiting');
    assert.match(plc()?.fault?.message ?? '', /rejected/);
    assert.equal(plc()?.opened, 1);
    const names = site.core.recent.last(100).map(({ event }) => event.name);
    assert.equal(names.filter((name) => name === 'security.certificate-waiting').length, 1);
  }
  rmSync(dir, { recursive: true });
});
