import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import type { CertificateView } from '#contract/api.ts';
import { EdgeProcess } from '#test/crash/edge-process.ts';
import { ServerProcess } from '#test/opcua/peer.ts';
import { bundle } from '#tools/bundle/bundle.ts';
import { until } from '../until.ts';

/*
 * A bundle gives classes other names, follows no path that is made at run time, and has no packages beside it: what runs
 * from the sources may stand still in a release.
 */
test('a site from the bundle reads OPC UA, in the clear and secured', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bundle-'));
  try {
    await bundle(join(dir, 'program'));
    await using server = await ServerProcess.start({ secured: true, everyMs: 50 });
    const tag = (source: string, at: object) => ({ source, address: at });
    const shared = { kind: 'opcua', url: server.url, publishMs: 100 };
    const site = {
      site: 'bundled',
      sources: { plain: { ...shared, security: { mode: 'none' } }, secured: shared },
      tags: {
        'line/plain/count': tag('plain', { path: 'Plant/Line1/Counter0' }),
        'line/plain/recipe': tag('plain', { node: 'ns=1;s=Recipe', field: 'Axes[0].Position' }),
        'line/secured/count': tag('secured', { node: 'ns=1;i=10001' }),
      },
    };
    const dataDir = join(dir, 'data');
    const main = join(dir, 'program', 'main.js');
    await using edge = new EdgeProcess(site, dataDir, { main });
    await edge.up();
    const value = async (path: string) => (await edge.tag(path)).value;
    const counts = (path: string) =>
      until(`${path} counts`, async () => Number((await value(path)) ?? 0) > 1, 30_000);

    await counts('line/plain/count');
    await until('a field of a structure', async () => (await value('line/plain/recipe')) === 1.5, 30_000);
    const certificates = () => edge.get<readonly CertificateView[]>('/api/certificates');
    await until('a certificate waits', async () => (await certificates()).length > 0, 30_000);
    const [waiting] = await certificates();
    assert.equal(waiting?.state, 'waiting');
    await edge.post('/api/certificates', { fingerprint: waiting.fingerprint, act: 'trust', by: 'test' });
    await counts('line/secured/count');

    const steps = ['source', 'test', 'plain', '--site', `${dataDir}.site.json`, '--data', join(dir, 'alone')];
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...steps]);
    assert.match(stdout, /no step failed/);

    // The first start makes a certificate, and with it loads what no later one does.
    await edge.stop();
    await using again = new EdgeProcess(undefined, dataDir, { main });
    await again.up();
    const sources = async () => Object.values((await again.status()).sources);
    await until(
      'both are read again',
      async () => (await sources()).every(({ samples }) => samples > 2),
      30_000,
    );
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
