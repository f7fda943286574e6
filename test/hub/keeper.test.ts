import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ManualClock } from '#kernel/clock.ts';
import type { Log } from '#kernel/log.ts';
import { MembershipKeeper } from '#trust/hub/keeper.ts';
import { until } from '../until.ts';
import { HubRig } from './rig.ts';

const DAY_MS = 86_400_000;
const LIMIT_MS = 60_000;

describe('a running site keeps its certificate', { concurrency: false }, () => {
  let rig: HubRig;
  before(async () => {
    rig = await HubRig.start();
  });
  after(() => rig?.[Symbol.asyncDispose]());

  /** A site's keeper whose time the test moves; what it says is kept. */
  function keeperOf(site: string) {
    const clock = new ManualClock(Date.now() * 1000);
    const said: string[] = [];
    const events: string[] = [];
    const say = (_detail: object, message: string) => void said.push(message);
    const log: Log = { debug: say, info: say, warn: say, error: say };
    const keeper = new MembershipKeeper(rig.trustDir(site), {
      clock,
      log,
      onEvent: (name) => events.push(name),
    });
    const serial = () => keeper.current?.certificate.serialNumber;
    /** Lets it look again until it has come to what is wanted. */
    const comes = (what: string, wanted: () => boolean) =>
      until(
        what,
        async () => {
          await clock.advance(30_000);
          return wanted();
        },
        LIMIT_MS,
      );
    return { clock, keeper, said, events, serial, comes };
  }

  test('it takes up what the box joins meanwhile, and renews at half of its life', async () => {
    const { clock, keeper, events, serial, comes } = keeperOf('steady');
    await using _ = keeper;
    await comes('nothing yet', () => keeper.current === undefined);
    const joined = await rig.join('steady');
    const first = joined.certificate.serialNumber;
    await comes('it knows', () => serial() === first);
    clock.step(43 * DAY_MS);
    await clock.advance(30_000);
    assert.equal(serial(), first);
    clock.step(4 * DAY_MS);
    await comes('it has another one', () => serial() !== first && serial() !== undefined);
    assert.deepEqual(events, ['security.hub-certificate-renewed']);
    await until(
      'the first one has ended',
      async () => (await rig.hub.gate.endedOf([first])).length === 1,
      LIMIT_MS,
    );
  });

  test('a clock far ahead asks for one new certificate, not for one after another', async () => {
    const { rows: before } = await count('ahead');
    assert.equal(before[0].n, 0);
    await rig.join('ahead');
    const { clock, keeper, serial, comes } = keeperOf('ahead');
    await using _ = keeper;
    await comes('it knows', () => serial() !== undefined);
    const first = serial();
    clock.step(3650 * DAY_MS);
    await comes('it has another one', () => serial() !== first);
    for (let i = 0; i < 20; i++) await clock.advance(30_000);
    assert.equal((await count('ahead')).rows[0].n, 2);
  });

  const count = (site: string) =>
    rig.hub.database.pool.query('SELECT count(*)::int AS n FROM identities WHERE site = $1', [site]);

  test('a clock of 1970 finds nothing over; told by the hub, it renews all the same', async () => {
    await rig.join('asleep');
    const { clock, keeper, serial, comes } = keeperOf('asleep');
    await using _ = keeper;
    await comes('it knows', () => serial() !== undefined);
    const first = serial();
    clock.step(-clock.nowUs() / 1000);
    await clock.advance(60_000);
    assert.equal(serial(), first);
    keeper.renewNow();
    await comes('it has another one', () => serial() !== first);
  });

  test('a hub that is away, or that has revoked it, is told once', async () => {
    const membership = await rig.join('lonely');
    await rig.hub.identities.end('lonely', 'revoked', { by: 'test', why: 'lost' });
    const { clock, keeper, said, events, serial, comes } = keeperOf('lonely');
    await using _ = keeper;
    await comes('it knows', () => serial() === membership.certificate.serialNumber);
    clock.step(50 * DAY_MS);
    await comes('it is told', () => events.length > 0);
    for (let i = 0; i < 20; i++) await clock.advance(900_000);
    assert.deepEqual(events, ['security.hub-refused']);
    assert.equal(said.filter((one) => /revoked/.test(one)).length, 1);
  });
});
