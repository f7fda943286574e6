import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plugins } from '#contract/fixture.ts';
import { loadSite } from '#contract/load.ts';

const site = (stop: string) => `site: a
settings:
  panel:
    from: [local, 192.168.10.30]
    stop:
      ${stop}
sources:
  plc: { kind: bus, host: h }
tags:
  line/run: { type: boolean, source: plc, address: { unit: 1, coil: 1 }, access: readWrite }
  line/speed: { source: plc, address: { unit: 1, holding: 1 }, access: readWrite, write: { range: [0, 10] } }
  line/slow: { source: plc, address: { unit: 1, holding: 2 }, access: readWrite, write: { maxStep: 5 } }
  line/flow: { source: plc, address: { unit: 1, holding: 3 } }
  line/trip: { type: boolean, source: plc, address: { unit: 1, coil: 2 }, safety: true }
`;
const said = (stop: string) => {
  const { problems } = loadSite(site(stop), plugins);
  return problems.filter(({ line }) => line === 6).map(({ severity, message }) => `${severity}: ${message}`);
};

test('a stop that the guard would refuse is an error of the file', () => {
  const wrong: readonly (readonly [stop: string, why: RegExp])[] = [
    ['line/none: 0', /^error: there is no tag line\/none/],
    ['line/flow: 0', /^error: line\/flow has no write access/],
    ['line/speed: 11', /^error: line\/speed = 11: outside/],
    ['line/speed: true', /^error: line\/speed = true: the tag holds a number/],
    ['line/run: 3', /^error: line\/run = 3: the tag holds true or false/],
    ['line/trip: false', /^error: line\/trip belongs to a safety function/],
    ['line/slow: 0', /^hint: line\/slow changes in steps only/],
  ];
  for (const [stop, why] of wrong) {
    const [first = ''] = said(stop);
    assert.match(first, why);
  }
});

test('one that may be written is taken', () => {
  assert.deepEqual(said('line/run: false'), []);
  assert.deepEqual(said('line/speed: 0'), []);
});
