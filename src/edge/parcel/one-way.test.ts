import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { repeatFrom, type Sent, withEnd } from './one-way.ts';

const end = (atUs: number): Sent => ({
  ...{ atUs, samples: atUs, events: 0, parcels: 0 },
  upTo: { security: atUs, others: atUs, history: atUs },
});
const of = (oneWay: Sent[]) => ({ pin: '', journal: '', oneWay });

test('what was sent for the first time within the time is sent again, and of what came before little', () => {
  const pauses = fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(pauses, fc.integer({ min: 64, max: 5000 }), (all, repeatUs) => {
      let atUs = 0;
      let kept: Sent[] = [];
      const ends: number[] = [];
      for (const pause of all) {
        atUs += pause;
        const since = atUs - repeatUs;
        const exact = ends.findLast((one) => one <= since) ?? 0;
        const begin = repeatFrom(of(kept), since)?.atUs ?? 0;
        assert.ok(begin <= since || begin === 0, 'all of it');
        // It may begin a step earlier than the end that was nearest.
        assert.ok(exact - begin <= repeatUs / 64 + 200, `${begin} and not ${exact}, before ${atUs}`);
        kept = withEnd(kept, end(atUs), repeatUs);
        ends.push(atUs);
        assert.ok(kept.length <= 2 * 64 + 3, `${kept.length}`);
      }
    }),
  );
});

test('one that was never repeated, or for less time, begins at the beginning', () => {
  assert.equal(repeatFrom({ pin: '', journal: '' }, 0), undefined);
  assert.equal(repeatFrom(of([end(50), end(90)]), 20), undefined);
  assert.equal(repeatFrom(of([end(50), end(90)]), 60)?.atUs, 50);
});
