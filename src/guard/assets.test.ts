import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Assets } from '#guard/assets.ts';

const assets = () => new Assets(['hall/line1/pump', 'hall/line1/valve', 'hall/line2/pump'], undefined);

test('every asset starts in local', () => {
  assert.deepEqual(
    assets()
      .list()
      .map(({ mode, tagOut }) => [mode, tagOut]),
    [
      ['local', undefined],
      ['local', undefined],
      ['local', undefined],
    ],
  );
});

test('local and remote hold for all below, until one nearer says otherwise', () => {
  const all = assets();
  all.setMode('hall/line1', 'remote');
  all.setMode('hall/line1/valve', 'local');
  assert.deepEqual(all.list(), [
    { asset: 'hall/line1/pump', mode: 'remote', modeFrom: 'hall/line1' },
    { asset: 'hall/line1/valve', mode: 'local', modeFrom: 'hall/line1/valve' },
    { asset: 'hall/line2/pump', mode: 'local' },
  ]);
});

test('out of service holds for all below, also for what was once set to another mode', () => {
  const all = assets();
  all.setMode('hall/line1/pump', 'outOfService');
  all.setMode('hall/line1/pump', 'local');
  all.setMode('hall', 'outOfService');
  all.setMode('hall/line1', 'remote');
  assert.deepEqual(
    all.list().map(({ mode, modeFrom }) => [mode, modeFrom]),
    [
      ['outOfService', 'hall'],
      ['outOfService', 'hall'],
      ['outOfService', 'hall'],
    ],
  );
  all.setMode('hall', 'local');
  assert.deepEqual(
    all.list().map(({ mode, modeFrom }) => [mode, modeFrom]),
    [
      ['local', 'hall/line1/pump'],
      ['remote', 'hall/line1'],
      ['local', 'hall'],
    ],
  );
});

test('a tag-out of a line blocks all of it and nothing else, not even what begins with the same letters', () => {
  const all = new Assets(['hall/line1/pump', 'hall/line10/pump'], undefined);
  all.hang('hall/line1', 'bo', 'belt');
  assert.deepEqual(all.tagOutOf('hall/line1/pump'), { by: 'bo', why: 'belt', from: 'hall/line1' });
  assert.equal(all.tagOutOf('hall/line10/pump'), undefined);
});

test('everyone removes his own tag-out only; the asset is free after the last one', () => {
  const all = assets();
  all.hang('hall/line1/pump', 'ada', 'coupling');
  all.hang('hall/line1/pump', 'bo', 'wiring');
  assert.throws(() => all.remove('hall/line1/pump', 'cy'), { code: 'guard.no-tag-out', hint: /ada, bo/ });
  all.remove('hall/line1/pump', 'ada');
  assert.deepEqual(all.tagOutOf('hall/line1/pump'), { by: 'bo', why: 'wiring', from: 'hall/line1/pump' });
  all.remove('hall/line1/pump', 'bo');
  assert.equal(all.tagOutOf('hall/line1/pump'), undefined);
  assert.throws(() => all.remove('hall/line1/pump', 'bo'), { code: 'guard.no-tag-out' });
});

test('a mistyped asset is refused: it would look like a tag-out that holds', () => {
  for (const wrong of ['hall/line3', 'hall/line1/pump/speed', 'hal']) {
    assert.throws(() => assets().hang(wrong, 'bo', 'belt'), { code: 'guard.unknown-asset' });
    assert.throws(() => assets().setMode(wrong, 'local'), { code: 'guard.unknown-asset' });
  }
});

test('the empty path is the whole site', () => {
  const all = assets();
  all.hang('', 'bo', 'storm');
  assert.ok(all.list().every(({ tagOut }) => tagOut?.by === 'bo'));
});

test('tag-outs of assets that the site does not name for a while outlive that', () => {
  const all = assets();
  all.hang('hall/line1/pump', 'bo', 'belt');
  const without = new Assets(['hall/line2/pump'], JSON.parse(JSON.stringify(all.snapshot())));
  const back = new Assets(['hall/line1/pump'], JSON.parse(JSON.stringify(without.snapshot())));
  assert.equal(back.tagOutOf('hall/line1/pump')?.by, 'bo');
});
