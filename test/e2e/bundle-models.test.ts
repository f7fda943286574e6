import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { meanMagnitude } from '#edge/models/onnx-fixture.ts';
import { EdgeProcess } from '#test/crash/edge-process.ts';
import { libraryServer } from '#test/modbus-rig.ts';
import { MODEL_SYSTEMS } from '#tools/bundle/models.ts';
import { until } from '../until.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/bundle', import.meta.url));
const HERE = MODEL_SYSTEMS.find((one) => one === `${process.platform}-${process.arch}`);
/** A process of a model that could not begin tries again after half a minute at most. */
const AGAIN_MS = 60_000;

const bundle = (...args: readonly string[]) => spawnSync(SCRIPT, args, { encoding: 'utf8' });

test('a bundle carries what runs models when it is asked to; without it the site says what to do, and goes on once it is there', {
  skip: HERE ? false : `there are no models for ${process.platform}-${process.arch}`,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-bundle-models-'));
  try {
    const program = join(dir, 'program');
    const made = bundle(program, '--models', HERE as string);
    assert.deepEqual([made.status, made.stderr], [0, '']);
    const modules = join(program, 'node_modules');
    const native = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((one) =>
      one.endsWith('.node'),
    );
    assert.equal(native.length, 1, `for one system alone: ${native}`);
    renameSync(modules, join(dir, 'away'));

    const bytes = meanMagnitude();
    mkdirSync(join(dir, 'models'));
    writeFileSync(join(dir, 'models', 'mean.onnx'), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await using server = await libraryServer({ getHoldingRegister: (address: number) => 10 + address });
    const site = {
      site: 'modelled',
      sources: { plc: { kind: 'modbus', host: '127.0.0.1', port: server.port, everyMs: 50 } },
      tags: { flow: { source: 'plc', address: { holding: 0 } } },
      detectors: {
        odd: {
          kind: 'model',
          tags: ['flow'],
          everyMs: 100,
          model: { file: 'models/mean.onnx', sha256, window: 4 },
        },
      },
    };
    await using edge = new EdgeProcess(site, join(dir, 'data'), { main: join(program, 'main.js') });
    await edge.up();
    const failed = async () => (await edge.events()).find(({ name }) => name === 'model.failed');
    await until('it says what is missing', async () => (await failed()) !== undefined);
    const { code, message, hint } = (await failed())?.detail ?? assert.fail();
    assert.equal(code, 'model.no-runtime');
    assert.match(String(message), new RegExp(`nothing here that runs models on ${HERE}: .*onnxruntime-node`));
    assert.ok(
      String(hint).startsWith(`bundle with \`scripts/bundle --models ${HERE}\``) &&
        String(hint).includes(`npm install --ignore-scripts --prefix ${program} onnxruntime-node@`),
      String(hint),
    );
    const score = async () => await edge.tag('odd-score');
    assert.equal((await score()).quality, 'badConfiguration');

    renameSync(join(dir, 'away'), modules);
    await until('the model runs', async () => (await score()).quality === 'good', AGAIN_MS);
    assert.equal((await score()).value, 10);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('systems that nothing is carried for are refused', () => {
  const { status, stderr } = bundle('--models', 'linux-riscv64');
  assert.equal(status, 1);
  assert.match(stderr, /linux-x64 and linux-arm64, not for linux-riscv64/);
});
