import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CertificateView } from '#contract/api.ts';
import { ServerProcess } from '../opcua/peer.ts';
import { until } from '../until.ts';
import { Api, Sandbox } from './sandbox.ts';

test('an OPC UA server is let in by one command, its successor with another certificate is not', async () => {
  await using box = new Sandbox();
  let server = await ServerProcess.start({ secured: true, everyMs: 50 });
  const { port, url } = server;
  try {
    const file = box.path('site.yaml');
    const data = box.path('data');
    writeFileSync(
      file,
      `site: small
settings: { api: { port: 0 } }
sources: { boiler: { kind: opcua, url: '${url}' } }
tags: { line/boiler/count: { source: boiler, address: { path: Plant/Line1/Counter0 } } }
`,
    );
    await box.startEdge(file, data);
    const api = new Api(data);
    const certificates = () => api.get<readonly CertificateView[]>('/api/certificates');
    const source = async () => (await api.status()).sources.boiler;
    const state = (wanted: CertificateView['state']) =>
      until(
        `a certificate is ${wanted}`,
        async () => (await certificates()).some((one) => one.state === wanted),
        60_000,
      );
    const command = async (...args: readonly string[]) => {
      const { status, stderr } = await box.run('certificates', ...args, '--data', data);
      assert.deepEqual([status, stderr], [0, '']);
    };

    await state('waiting');
    await until('the source says what to do', async () =>
      /holdfast certificates trust/.test((await source())?.fault?.hint ?? ''),
    );
    const [waiting] = await certificates();
    assert.equal(waiting?.peer, url);
    assert.equal((await source())?.samples, 0);
    await command('trust', waiting?.fingerprint.slice(0, 16) ?? '');
    await until('values come', async () => ((await source())?.samples ?? 0) > 0, 60_000);

    await server[Symbol.asyncDispose]();
    server = await ServerProcess.start({ secured: true, port, everyMs: 50 });
    await state('changed');
    const [changed] = await certificates();
    const { samples } = (await source()) ?? {};
    await command('reject', changed?.fingerprint ?? '');
    await until(
      'the source is told',
      async () => /rejected/.test((await source())?.fault?.message ?? ''),
      60_000,
    );
    assert.equal((await source())?.samples, samples);
    const names = (await api.events()).map(({ name }) => name).filter((name) => name.startsWith('security.'));
    assert.deepEqual(names, [
      'security.certificate-waiting',
      'security.certificate-trusted',
      'security.certificate-changed',
      'security.certificate-rejected',
    ]);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});
