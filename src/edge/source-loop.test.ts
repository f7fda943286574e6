import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { LoadMeter } from '#edge/load-meter.ts';
import { SourceLoop } from '#edge/source-loop.ts';
import { allocBatch } from '#kernel/batch.ts';
import { ManualClock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Access } from '#kernel/tag-table.ts';
import type { Delivery, Deps, Source, SourceDef } from '#plugin/api.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const delivery = (): Delivery => ({ batch: allocBatch(1, { receivedUs: 1 }) });

/** A loop around a source whose sessions the test scripts; each entry is one `open`. */
function loopOf(
  sessions: ((signal: AbortSignal) => Promise<Source>)[],
  room: () => Promise<void> | undefined = () => undefined,
  downSinceUs?: number,
  access: Access = 'read',
) {
  const absences: string[] = [];
  const clock = new ManualClock();
  const seen = { accepted: 0, lost: 0, resumed: 0, opened: 0 };
  const def: SourceDef = {
    kind: 'scripted',
    config: z.any(),
    address: z.any(),
    secondSession: false,
    open: async (_config, _deps, signal) => {
      seen.opened++;
      const next = sessions.shift();
      if (!next) throw new Fault('scripted.end', 'no more sessions');
      return await next(signal);
    },
  };
  const loop = new SourceLoop(
    's',
    def,
    {},
    {
      clock,
      log: quiet,
      deps: { points: [{ tag: { access } }] } as unknown as Deps,
      load: new LoadMeter(),
      accept: () => seen.accepted++,
      room,
      lost: () => seen.lost++,
      downSinceUs,
      resumed: (fromUs, toUs, reason, but) => {
        seen.resumed++;
        const others = but.size === 0 ? '' : ` but for ${[...but].join(', ')}`;
        absences.push(`${reason} ${Math.round((toUs - fromUs) / 1e6)} s${others}`);
      },
    },
  );
  return { clock, seen, absences, loop };
}

function session(
  rows: number,
  end: Fault,
  onClose: () => void = () => {},
  resumed: Source['resumed'] = false,
): Source {
  let left = rows;
  return {
    resumed,
    read: async () => {
      if (left-- > 0) return delivery();
      throw end;
    },
    [Symbol.asyncDispose]: async () => onClose(),
  };
}

test('a source that fails is closed, its tags are lost, and it is opened again after a pause', async () => {
  let closed = 0;
  const { clock, seen, loop } = loopOf([
    async () => session(2, new Fault('x.gone', 'gone'), () => closed++),
    async () => session(1, new Fault('x.gone', 'gone'), () => closed++),
  ]);
  loop.start();
  await clock.advance(1);
  assert.deepEqual(seen, { accepted: 2, lost: 1, resumed: 0, opened: 1 });
  assert.equal(loop.status.state, 'waiting');
  await clock.advance(1000);
  assert.equal(seen.opened >= 2, true);
  assert.equal(seen.accepted, 3);
  assert.equal(seen.resumed, 1);
  assert.equal(closed, 2);
  await loop[Symbol.asyncDispose]();
});

test('a peer that kept what it sent leaves no gap', async () => {
  const { clock, seen, loop } = loopOf([
    async () => session(1, new Fault('x.gone', 'gone')),
    async () => session(1, new Fault('x.gone', 'gone'), () => {}, true),
  ]);
  loop.start();
  await clock.advance(2000);
  assert.equal(seen.accepted, 2);
  assert.equal(seen.resumed, 0);
  await loop[Symbol.asyncDispose]();
});

test('of a peer that kept some tags the absence is a gap of the others', async () => {
  const { clock, absences, loop } = loopOf([
    async () => session(1, new Fault('x.gone', 'gone')),
    async () => session(1, new Fault('x.gone', 'gone'), () => {}, new Set([3, 5])),
  ]);
  loop.start();
  await clock.advance(2000);
  assert.equal(absences.length, 1);
  assert.match(absences[0] ?? '', /^device-silent \d s but for 3, 5$/);
  await loop[Symbol.asyncDispose]();
});

test('a source of which nothing is read is well again once its session stands, and its pauses begin small', async () => {
  const stands = (): Source => ({
    read: (signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    [Symbol.asyncDispose]: async () => {},
  });
  const refused = async () => {
    throw new Fault('x.refused', 'refused');
  };
  for (const access of ['write', 'read'] as const) {
    const tries = Array.from({ length: 5 }, () => refused);
    const { clock, loop } = loopOf([...tries, async () => stands()], undefined, undefined, access);
    loop.start();
    await clock.advance(25_000);
    assert.equal(loop.status.state, 'running');
    // Where something is read the peer itself has to speak.
    assert.equal(loop.status.fault?.code, access === 'write' ? undefined : 'x.refused');
    await loop[Symbol.asyncDispose]();
  }
});

test('a session that breaks at once heals nothing, though nothing is read', async () => {
  const flash = async () => session(0, new Fault('x.gone', 'gone'));
  const { clock, seen, loop } = loopOf(
    Array.from({ length: 1000 }, () => flash),
    undefined,
    undefined,
    'write',
  );
  loop.start();
  await clock.advance(10 * 60_000);
  assert.ok(seen.opened < 35, String(seen.opened));
  assert.equal(loop.status.fault?.code, 'x.gone');
  await loop[Symbol.asyncDispose]();
});

test('pauses grow while the peer stays away, up to half a minute', async () => {
  const { clock, seen, loop } = loopOf([]);
  loop.start();
  await clock.advance(10 * 60_000);
  // 0.5 + 1 + 2 + 4 + 8 + 16 s, then about 30 s each: some 24 attempts, not 1,200.
  assert.ok(seen.opened > 15 && seen.opened < 35, String(seen.opened));
  await loop[Symbol.asyncDispose]();
});

test('a fault that cannot pass is not tried again', async () => {
  const { clock, seen, loop } = loopOf([
    async () => {
      throw new Fault('x.impossible', 'impossible', { retry: 'never' });
    },
  ]);
  loop.start();
  await clock.advance(60_000);
  assert.equal(seen.opened, 1);
  assert.equal(loop.status.state, 'failed');
  assert.equal(loop.status.fault?.code, 'x.impossible');
  await loop[Symbol.asyncDispose]();
});

test('a source is not read while the journal has no room', async () => {
  let drained = () => {};
  let full: Promise<void> | undefined = new Promise((resolve) => {
    drained = resolve;
  });
  const { clock, seen, loop } = loopOf([async () => session(5, new Fault('x.gone', 'gone'))], () => full);
  loop.start();
  await clock.advance(1);
  assert.equal(seen.accepted, 1);
  full = undefined;
  drained();
  await clock.advance(1);
  assert.equal(seen.accepted, 5);
  await loop[Symbol.asyncDispose]();
});

test('the time that the site itself was down is an absence, told with the first row', async () => {
  const hour = 3_600e6;
  const end = new Fault('x.gone', 'gone');
  const start = new ManualClock().steadyUs();
  const { clock, absences, loop } = loopOf([async () => session(2, end)], undefined, start - hour);
  loop.start();
  await clock.advance(0);
  assert.deepEqual(absences, ['site-down 3600 s']);
  await loop[Symbol.asyncDispose]();
});

test('a peer that was away from the start on leaves an absence too', async () => {
  const away = async () => {
    throw new Fault('x.away', 'away');
  };
  const { clock, absences, loop } = loopOf([away, away, async () => session(1, new Fault('x.gone', 'gone'))]);
  loop.start();
  await clock.advance(5000);
  assert.equal(absences.length, 1);
  assert.match(absences[0] ?? '', /^device-silent [12] s$/);
  await loop[Symbol.asyncDispose]();
});

test('an opening that hangs is given up after 15 s, and one under way ends with the loop', async () => {
  const hangs = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const { clock, seen, loop } = loopOf([hangs, hangs]);
  loop.start();
  await clock.advance(14_900);
  assert.equal(seen.lost, 0);
  await clock.advance(200);
  assert.equal(seen.lost, 1);
  assert.match(loop.status.fault?.message ?? '', /not open within 15000 ms/);
  await clock.advance(5000);
  assert.equal(seen.opened, 2);
  await loop[Symbol.asyncDispose]();
  assert.equal(loop.status.state, 'closed');
});
