import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { journalDir } from '#edge/data-folder.ts';
import { meanLogarithm, meanMagnitude, scaled } from '#edge/models/onnx-fixture.ts';
import { SiteModels } from '#edge/models/site-models.ts';
import { type Site, startSite } from '#edge/site.ts';
import { openReader } from '#journal/reader.ts';
import { isGood, qualityName } from '#kernel/quality.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';
import { libraryServer } from '#test/modbus-rig.ts';
import { until } from '#test/until.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const entry = (file: string, bytes: Uint8Array, more = ''): string =>
  `{ file: models/${file}.onnx, sha256: ${digestOf(bytes)}, window: 4, deadlineMs: 2000${more} }`;

/** A pump read over Modbus, and detectors with models on it. */
async function siteOf(
  t: TestContext,
  detectors: { readonly [name: string]: string },
  files: { readonly [name: string]: Uint8Array },
) {
  const dataDir = journalConfig(t).dir;
  await mkdir(join(dataDir, 'models'), { recursive: true });
  for (const [name, bytes] of Object.entries(files))
    await writeFile(join(dataDir, 'models', `${name}.onnx`), bytes);
  let beats = 0;
  // The last register counts, so that decisions have something to do every 50 ms.
  const server = await libraryServer({
    getHoldingRegister: (address: number) => (address === 2 ? beats++ % 1000 : 10 + address),
  });
  t.after(() => server[Symbol.asyncDispose]());
  const lines = Object.entries(detectors).map(
    ([name, model]) =>
      `  ${name}: { kind: model, tags: [line1/pump/flow, line1/pump/current], everyMs: 100, model: ${model} }`,
  );
  const text = `site: north
sources: { plc: { kind: modbus, host: 127.0.0.1, port: ${server.port}, everyMs: 50 } }
tags:
  line1/pump/flow: { source: plc, address: { holding: 0 } }
  line1/pump/current: { source: plc, address: { holding: 1 } }
  line1/pump/beat: { source: plc, address: { holding: 2 } }
detectors:
${lines.join('\n')}
`;
  const { blueprint, problems } = await checkSite(text);
  assert.ok(blueprint, JSON.stringify(problems));
  const site = await startSite({ blueprint, dataDir, log: quiet, version: '1' });
  const models = new SiteModels(site, dataDir);
  const stop = async (): Promise<void> => {
    await models[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
  };
  return { site, models, dataDir, stop };
}

const presentOf = (site: Site, path: string): { value: unknown; quality: string } => {
  const { value, quality } = site.core.values.get(site.core.table.number(path));
  return { value, quality: qualityName(quality) };
};
const goodAt = (site: Site, path: string): boolean =>
  isGood(site.core.values.get(site.core.table.number(path)).quality);
const events = (site: Site, name: string, id: string): string[] =>
  site.core.recent
    .last(500)
    .flatMap(({ event }) =>
      event.name === name && event.subject === id ? [String(event.detail?.code ?? event.detail?.after)] : [],
    );

test('what models give are tags that the journal has; what gives nothing is bad and says why', async (t) => {
  const [score, wave, nan] = [meanMagnitude(), scaled([0.5, 1]), meanLogarithm()];
  const { site, dataDir, stop } = await siteOf(
    t,
    {
      score: entry('score', score),
      scaled: entry('score', score, ', means: [8, 10], deviations: [2, 0.5]'),
      again: entry('again', wave, ', output: reconstruction'),
      none: entry('none', nan, ', means: [10, 20], deviations: [1, 1]'),
      garbage: entry('garbage', Buffer.from('no model')),
      gone: entry('gone', score),
      other: entry('again', score),
      shape: entry('again', wave),
    },
    { score, again: wave, none: nan, garbage: Buffer.from('no model') },
  );
  try {
    const given: { readonly [path: string]: number } = {
      'score-score': 10.5,
      'scaled-score': 1.5,
      'again-error-line1-pump-flow': 5,
      'again-error-line1-pump-current': 0,
    };
    for (const [path, value] of Object.entries(given)) {
      await until(path, () => goodAt(site, path));
      assert.deepEqual(presentOf(site, path), { value, quality: 'good' });
    }
    const bad: { readonly [id: string]: readonly [code: string, quality: string] } = {
      none: ['model.no-number', 'badOutOfRange'],
      garbage: ['model.unusable', 'badConfiguration'],
      gone: ['model.file', 'badConfiguration'],
      other: ['model.file', 'badConfiguration'],
      shape: ['model.shape', 'badTypeMismatch'],
    };
    for (const [id, [code, quality]] of Object.entries(bad)) {
      await until(id, () => events(site, 'model.failed', id).length > 0);
      assert.deepEqual(events(site, 'model.failed', id), [code], id);
      assert.equal(presentOf(site, `${id}-score`).quality, quality, id);
    }
  } finally {
    await stop();
  }
  using reader = openReader(journalDir(dataDir));
  const tag = site.core.table.number('score-score');
  const rows = [...reader.items(0)].flatMap((item) =>
    item.kind === 'batch' && item.batch.tag.includes(tag) ? [...item.batch.value] : [],
  );
  assert.ok(rows.includes(10.5), `${rows}`);
});

test('a process that is killed or hangs is noticed by nothing else, and its tag says so until it is back', async (t) => {
  const score = meanMagnitude();
  const { site, models, stop } = await siteOf(t, { score: entry('score', score) }, { score });
  try {
    await until('the model runs', () => goodAt(site, 'score-score'));
    const before = site.core.path.samples;
    const pid = (await models.processOf('score')) as number;
    process.kill(pid, 'SIGKILL');
    await until('its end is known', () => !goodAt(site, 'score-score'));
    assert.equal(presentOf(site, 'score-score').quality, 'badNoCommunication');
    await until('it is back', () => goodAt(site, 'score-score'));
    process.kill((await models.processOf('score')) as number, 'SIGSTOP');
    await until('it hangs', () => !goodAt(site, 'score-score'));
    assert.equal(presentOf(site, 'score-score').quality, 'badTimeout');
    await until('it is back again', () => goodAt(site, 'score-score'));
    assert.deepEqual(events(site, 'model.failed', 'score'), ['model.died', 'model.hung']);
    assert.deepEqual(events(site, 'model.recovered', 'score'), ['model.died', 'model.hung']);
    assert.ok(site.core.path.samples > before + 100, 'the machine was read all the time');
    assert.equal(presentOf(site, 'line1/pump/flow').quality, 'good');
  } finally {
    await stop();
  }
});

test('another site file keeps the models that it does not change, and ends the others', async (t) => {
  const score = meanMagnitude();
  const wave = scaled([0.5, 1]);
  const { site, models, stop } = await siteOf(
    t,
    { score: entry('score', score), again: entry('again', wave, ', output: reconstruction') },
    { score, again: wave },
  );
  try {
    await until('both run', () => goodAt(site, 'score-score') && goodAt(site, 'again-error-line1-pump-flow'));
    const [pid, ended] = [await models.processOf('score'), (await models.processOf('again')) as number];
    const { text } = site.blueprint;
    const { blueprint } = await checkSite(
      text
        .split('\n')
        .filter((line) => !line.includes('again:'))
        .join('\n'),
    );
    site.apply(blueprint ?? assert.fail(), { by: 'test' });
    await until('the process of the other has ended', () => {
      try {
        return !process.kill(ended, 0);
      } catch {
        return true;
      }
    });
    assert.equal(await models.processOf('score'), pid);
    assert.equal(await models.processOf('again'), undefined);
  } finally {
    await stop();
  }
});
