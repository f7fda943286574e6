import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { checkSite } from '#edge/blueprint.ts';
import { digestOf } from '#edge/config-record.ts';
import { Configuration } from '#edge/configuration.ts';
import { type Site, startSite } from '#edge/site.ts';
import type { Log } from '#plugin/api.ts';
import { journalConfig } from '#test/crash/journal-fixture.ts';
import { until } from '#test/until.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const BY = { by: 'test' };
const siteText = (name: string) =>
  `site: north\nsources: { plc: { kind: modbus, host: 127.0.0.1, port: 1 } }\ntags:\n  p/${name}: { source: plc, address: { holding: 0 } }\n`;
/** Checked in a thread of its own, which takes a while. */
const slowText = (name: string) => `${siteText(name)}types: { none: {} }\n`;

interface Held extends AsyncDisposable {
  readonly site: Site;
  readonly file: string;
  readonly configuration: Configuration;
}

async function held(t: TestContext, text: string, watch: boolean, log: Log = quiet): Promise<Held> {
  const { dir } = journalConfig(t);
  const file = join(dir, 'site.yaml');
  writeFileSync(file, text);
  const { blueprint } = await checkSite(text);
  assert.ok(blueprint);
  await using stack = new AsyncDisposableStack();
  const site = stack.use(
    await startSite({ blueprint, dataDir: join(dir, 'data'), log: quiet, version: '1' }),
  );
  const configuration = stack.use(new Configuration({ site, log, file, watch }));
  const owned = stack.move();
  return { site, file, configuration, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const ran = (site: Site) =>
  site.core.recent
    .last(100)
    .flatMap(({ event: { name, detail } }) => (name === 'config.changed' ? [detail?.digest] : []));

test('a text that was saved while another one was being applied is not taken for the file any more', async (t) => {
  const [first, saved, applied, last] = [siteText('a'), siteText('b'), slowText('c'), siteText('d')];
  await using held_ = await held(t, first, true);
  const { site, file, configuration } = held_;
  // Several in a row give the watch the time to find what is saved now.
  const all = [...'uv'].map((name) => configuration.applyText(slowText(name), BY));
  all.push(configuration.applyText(applied, BY));
  writeFileSync(file, saved);
  await Promise.all(all);
  assert.equal(readFileSync(file, 'utf8'), applied);
  writeFileSync(file, last);
  await until('the file takes effect', () => site.digest === digestOf(last));
  assert.ok(!ran(site).includes(digestOf(saved)));
});

test('a text is written to the file as it takes effect, and a refused one is not', async (t) => {
  await using held_ = await held(t, siteText('a'), false);
  const { site, file, configuration } = held_;
  assert.equal((await configuration.applyText(siteText('b'), BY)).state, 'applied');
  assert.equal(readFileSync(file, 'utf8'), siteText('b'));
  assert.equal((await configuration.applyText('site: [', BY)).state, 'refused');
  const cold = siteText('c').replace('north', 'south');
  assert.equal((await configuration.applyText(cold, BY)).state, 'refused');
  assert.equal(readFileSync(file, 'utf8'), siteText('b'));
  assert.equal(site.digest, digestOf(siteText('b')));
  writeFileSync(file, 'broken');
  assert.equal((await configuration.applyText(siteText('b'), BY)).state, 'unchanged');
  assert.equal(readFileSync(file, 'utf8'), siteText('b'), 'an undo of a broken file mends it');
  assert.deepEqual(
    readdirSync(dirname(file)).filter((name) => name.startsWith('site.yaml.')),
    [],
    'no draft is left',
  );
});

test('whoever expects another file than runs overwrites nothing', async (t) => {
  await using held_ = await held(t, siteText('a'), false);
  const { site, file, configuration } = held_;
  const [a, b, c] = ['a', 'b', 'c'].map((name) => siteText(name)) as [string, string, string];
  // Both began from the same file; the second one comes while the first is on its way.
  const both = [configuration.applyText(b, BY, digestOf(a)), configuration.applyText(c, BY, digestOf(a))];
  const [first, second] = await Promise.allSettled(both);
  assert.equal(first?.status, 'fulfilled');
  assert.ok(second?.status === 'rejected');
  assert.equal(second.reason.code, 'config.changed-meanwhile');
  assert.match(second.reason.message, new RegExp(digestOf(b).slice(0, 12)));
  assert.equal(readFileSync(file, 'utf8'), b);
  assert.equal(site.digest, digestOf(b));
  assert.equal((await configuration.applyText(b, BY, digestOf(a))).state, 'unchanged');
  writeFileSync(file, c);
  await assert.rejects(configuration.applyFile(BY, digestOf(a)), { code: 'config.changed-meanwhile' });
  assert.equal((await configuration.applyText(c, BY, digestOf(b))).state, 'applied');
});

test('whatever takes effect leaves one line in the log: a text, an undo, the file itself', async (t) => {
  const said: unknown[] = [];
  const log = { ...quiet, info: (detail: object, message: string) => said.push({ ...detail, message }) };
  await using held_ = await held(t, siteText('a'), false, log);
  const { file, configuration } = held_;
  const [a, b, c] = ['a', 'b', 'c'].map((name) => siteText(name)) as [string, string, string];
  await configuration.applyText(b, { by: 'api:ann' });
  await configuration.applyText(b, { by: 'api:ann' });
  await configuration.applyText(a, { by: 'api:bob', why: 'a trial', undoes: digestOf(a) });
  writeFileSync(file, c);
  await configuration.applyFile({ by: 'hangup' });
  const change = (gone: string, come: string) => `tag p/${come} added, tag p/${gone} removed`;
  assert.deepEqual(said, [
    { digest: digestOf(b), by: 'api:ann', message: `the site file took effect: ${change('a', 'b')}` },
    {
      digest: digestOf(a),
      by: 'api:bob',
      why: 'a trial',
      message: `the site file was set back: ${change('b', 'a')}`,
    },
    { digest: digestOf(c), by: 'hangup', message: `the site file took effect: ${change('a', 'c')}` },
  ]);
});

test('where the file cannot be written nothing changes, and it says what to do', async (t) => {
  await using held_ = await held(t, siteText('a'), false);
  const { site, file, configuration } = held_;
  const elsewhere = new Configuration({ site, log: quiet, file: `${file}/none/site.yaml` });
  await assert.rejects(elsewhere.applyText(siteText('b'), BY), {
    code: 'config.not-saved',
    hint: /writable/,
  });
  assert.equal(site.digest, digestOf(siteText('a')));
  assert.ok(existsSync(file));
  assert.equal((await configuration.applyText(siteText('b'), BY)).state, 'applied');
});
