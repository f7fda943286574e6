import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { hubTransport } from '#cli/fleet/client.ts';
import { type FleetAlarm, FleetApi } from '#contract/fleet-client.ts';
import { followMembership } from '#edge/hub-membership.ts';
import type { Grant } from '#hub/people/rows.ts';
import { journalConfig } from '../crash/journal-fixture.ts';
import { until } from '../until.ts';
import { startAlarmSite } from './alarm-site.ts';
import { arrives } from './one-tag-site.ts';
import { HubRig } from './rig.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const LONG_MS = 60_000;
const CLI = join(import.meta.dirname, '../../src/cli/main.ts');
const runFile = promisify(execFile);
const OPERATOR = [{ role: 'operator' }] as const;

describe('what sites report, and what is asked of them', { concurrency: false }, () => {
  let rig: HubRig;
  let api: FleetApi;
  before(async () => {
    rig = await HubRig.start({ stores: true });
    api = await program('ann', OPERATOR);
  });
  after(() => rig?.[Symbol.asyncDispose]());

  const program = async (name: string, grants: readonly Grant[]) =>
    new FleetApi(hubTransport(rig.url, await rig.hub.people.tokens.create({ name, grants }, 'test')));

  /** A site that is connected, until it is told to end. */
  async function connected(t: TestContext, name: string, dataDir: string, acknowledge = true) {
    const site = await startAlarmSite(name, dataDir, acknowledge);
    const keeper = followMembership(site, rig.trustDir(name), quiet, () => {});
    const end = async () => {
      await keeper[Symbol.asyncDispose]();
      await site[Symbol.asyncDispose]();
    };
    t.after(end);
    await until(`${name} reports`, async () => (await api.site(name)).reportedUs !== undefined, LONG_MS);
    return { site, end };
  }

  async function joined(t: TestContext, name: string, acknowledge = true) {
    await rig.join(name);
    const dataDir = journalConfig(t).dir;
    return { dataDir, ...(await connected(t, name, dataDir, acknowledge)) };
  }

  /** The alarm of a site as the hub shows it, once it is so. */
  async function shown(
    name: string,
    isSo: (alarm: FleetAlarm) => boolean,
    what: string,
  ): Promise<FleetAlarm> {
    let found: FleetAlarm | undefined;
    const look = async () => {
      [found] = (await api.siteAlarms(name)).items;
      return found !== undefined && isSo(found);
    };
    await until(what, look, LONG_MS);
    return found as FleetAlarm;
  }

  const raised = (name: string) =>
    shown(name, ({ state }) => state === 'unacknowledged', `an alarm of ${name}`);
  const acknowledge = (name: string, { id, occurrence }: FleetAlarm, comment?: string) =>
    api.acknowledge(name, { alarms: [{ id, occurrence }], ...(comment !== undefined && { comment }) });
  const answered = (id: number) => async () =>
    (await api.acknowledgements()).items.some((one) => one.id === id && one.answeredUs !== undefined);
  const eventsOf = async (name: string) =>
    (await api.events({ site: name, limit: 1000 })).items
      .filter((one) => one.name.includes('.acknowledge'))
      .map(({ origin, name: what, subject, by }) => [origin, what, subject, by]);

  test('health, sources and alarms are those that the site itself answers', async (t) => {
    const { site } = await joined(t, 'north');
    arrives(site, 200);
    const alarm = await raised('north');
    const status = site.status();
    const health = await api.siteHealth('north');
    assert.equal(health.version, '1');
    assert.equal(health.config.digest, status.config.digest);
    assert.equal(health.epoch, status.epoch);
    await until('the fault', async () => (await api.siteHealth('north')).problems.length > 0, LONG_MS);
    const { problems } = await api.siteHealth('north');
    assert.deepEqual(
      problems.map(({ part, code }) => [part, code]),
      [['source:plc', 'tcp.refused']],
    );
    const [source] = await api.siteSources('north');
    assert.deepEqual([source?.id, source?.kind, source?.tags], ['plc', 'modbus', 1]);
    const { description, when, consequence, response, priority, reads } = alarm;
    assert.deepEqual(
      { description, when, consequence, response, priority, reads },
      {
        description: 'Pressure too high',
        when: 'tag("p/a") > 100',
        consequence: 'The vessel may burst',
        response: 'Open the valve',
        priority: 'high',
        reads: ['p/a'],
      },
    );
    const { alarms, protocol, sources, problems: count, acknowledge: may } = await api.site('north');
    assert.deepEqual(
      { protocol, count, may, sources },
      { protocol: 2, count: 1, may: true, sources: { total: 1, troubled: 1 } },
    );
    assert.deepEqual(alarms, {
      active: 1,
      unacknowledged: { critical: 0, high: 1, medium: 0, low: 0 },
      pending: 0,
    });
    assert.equal((await api.alarms({ search: 'VESSEL', priority: 'high' })).items.length, 1);
    assert.deepEqual((await api.alarms({ priority: 'low' })).items, []);
    assert.deepEqual((await api.alarms({ active: 'false' })).items, []);
    const [group] = await api.groups({ label: 'region' });
    assert.deepEqual([group?.value, group?.sites.online, group?.alarms.active], [undefined, 1, 1]);
  });

  test('an alarm acknowledged at the hub is so at the site, once, and both tell who did it', async (t) => {
    const { site } = await joined(t, 'east');
    arrives(site, 200);
    const alarm = await raised('east');
    const both = await Promise.all([1, 2].map(() => acknowledge('east', alarm, 'seen')));
    const asked = new Set(both.flat().map(({ id }) => id));
    for (const id of asked) await until('the answer', answered(id), LONG_MS);
    const seen = await shown('east', ({ state }) => state === 'acknowledged', 'the acknowledged alarm');
    assert.deepEqual([seen.comment, seen.asked, seen.occurrence], ['seen', undefined, alarm.occurrence]);
    assert.equal(site.core.decisions.alarms()[0]?.state, 'acknowledged');
    const told = [
      ...[...asked].flatMap(() => [
        ['hub', 'alarm.acknowledge-asked', 'east', 'token:ann'],
        ['hub', 'alarm.acknowledge-done', 'east', 'token:ann'],
      ]),
      // The one that came second found it done.
      ['site', 'alarm.acknowledge', 'high', 'hub:token:ann'],
      ['site', 'alarm.acknowledged', 'high', 'hub:token:ann'],
    ];
    await until('the events', async () => (await eventsOf('east')).length === told.length, LONG_MS);
    assert.deepEqual((await eventsOf('east')).toSorted(), told.toSorted());
  });

  test('of a site that is away it waits, is shown as pending, and is done once it comes', async (t) => {
    const { site, end, dataDir } = await joined(t, 'west');
    arrives(site, 200);
    const alarm = await raised('west');
    await end();
    await until('offline', async () => (await api.site('west')).state === 'offline', LONG_MS);
    const [asked] = await acknowledge('west', alarm);
    assert.equal(asked?.state, 'waiting');
    const pending = await shown('west', ({ asked: one }) => one !== undefined, 'it is pending');
    assert.deepEqual(
      [pending.siteState, pending.state, pending.asked?.state],
      ['offline', 'unacknowledged', 'waiting'],
    );
    assert.equal((await api.site('west')).alarms?.pending, 1);
    assert.deepEqual(
      (await api.alarms({ asked: 'waiting' })).items.map((one) => one.site),
      ['west'],
    );
    const { site: next } = await connected(t, 'west', dataDir);
    await shown('west', ({ state, asked: one }) => state === 'acknowledged' && !one, 'it is done');
    assert.equal(next.core.decisions.alarms()[0]?.state, 'acknowledged');
  });

  test('what was raised anew since it was seen stays, and the hub shows why', async (t) => {
    const { site, end, dataDir } = await joined(t, 'south');
    arrives(site, 200);
    const alarm = await raised('south');
    await end();
    const [asked] = await acknowledge('south', alarm);
    const anew = await startAlarmSite('south', dataDir, true);
    for (const value of [1, 200]) arrives(anew, value);
    await anew[Symbol.asyncDispose]();
    const { site: next } = await connected(t, 'south', dataDir);
    await until('the answer', answered(asked?.id ?? 0), LONG_MS);
    const [one] = (await api.acknowledgements({ site: 'south' })).items;
    assert.deepEqual([one?.state, one?.fault?.code], ['refused', 'alarm.raised-anew']);
    assert.equal(next.core.decisions.alarms()[0]?.state, 'unacknowledged');
    const other = await shown('south', ({ occurrence }) => occurrence !== alarm.occurrence, 'the other one');
    assert.equal(other.asked, undefined, 'what was asked was about another time');
    const [second] = await acknowledge('south', other);
    await until('the second answer', answered(second?.id ?? 0), LONG_MS);
    await shown('south', ({ state }) => state === 'acknowledged', 'it is acknowledged');
  });

  test('a site says whether it lets the hub: refused at once, or by the site whose file has changed', async (t) => {
    const { site, end, dataDir } = await joined(t, 'strict', false);
    arrives(site, 200);
    const alarm = await raised('strict');
    await assert.rejects(acknowledge('strict', alarm), { code: 'hub.no-acknowledge' });
    await end();
    const { end: endOpen } = await connected(t, 'strict', dataDir);
    const may = async () => (await api.site('strict')).acknowledge === true;
    await until('it lets the hub', may, LONG_MS);
    const now = await shown('strict', ({ state }) => state === 'unacknowledged', 'the alarm');
    await endOpen();
    const [asked] = await acknowledge('strict', now);
    const { site: closed } = await connected(t, 'strict', dataDir, false);
    await until('the answer', answered(asked?.id ?? 0), LONG_MS);
    const after = await shown('strict', (one) => one.asked?.state === 'refused', 'the refusal');
    assert.equal(after.asked?.fault?.code, 'hub.no-acknowledge');
    assert.equal(closed.core.decisions.alarms()[0]?.state, 'unacknowledged');
    const names = async () => (await eventsOf('strict')).map(([origin, name]) => `${origin} ${name}`);
    const both = ['hub alarm.acknowledge-refused', 'site security.acknowledge-refused'];
    const bothTell = async () => {
      const told = await names();
      return both.every((one) => told.includes(one));
    };
    await until('both tell', bothTell, LONG_MS);
  });

  test('who may not act at a site, and an alarm that it has not, are refused', async (t) => {
    const { site } = await joined(t, 'far');
    arrives(site, 200);
    const alarm = await raised('far');
    const viewer = await program('viewer', [{ role: 'viewer' }]);
    const alarms = [{ id: alarm.id, occurrence: alarm.occurrence }];
    await assert.rejects(viewer.acknowledge('far', { alarms }), { code: 'api.forbidden' });
    const elsewhere = await program('elsewhere', [{ role: 'operator', sites: 'region=none' }]);
    await assert.rejects(elsewhere.acknowledge('far', { alarms }), { code: 'hub.unknown-site' });
    assert.deepEqual((await elsewhere.alarms()).items, []);
    assert.deepEqual((await elsewhere.acknowledgements()).items, []);
    const unknown = [...alarms, { id: 'none', occurrence: '1' }];
    await assert.rejects(api.acknowledge('far', { alarms: unknown }), { code: 'alarm.unknown' });
    assert.deepEqual((await api.acknowledgements({ site: 'far' })).items, [], 'all of them, or none');
  });

  test('the command line lists the alarms of the fleet, acknowledges one, and tells of what waits', async (t) => {
    const { site, end } = await joined(t, 'ashore');
    arrives(site, 200);
    await raised('ashore');
    const { tokens } = rig.hub.people;
    const token = await tokens.create({ name: 'bea', grants: OPERATOR }, 'test');
    const run = async (...args: string[]) => {
      const env = { ...process.env, HOLDFAST_HUB_URL: rig.url, HOLDFAST_HUB_TOKEN: token };
      const flags = ['--disable-warning=ExperimentalWarning', CLI];
      return await runFile(process.execPath, [...flags, ...args], { env }).catch((failed) => failed);
    };
    const listed = await run('alarms', '--fleet', '--site', 'ashore');
    assert.match(listed.stdout, /ashore +high +high +unacknowledged .*Open the valve/);
    const done = await run(
      'ack',
      'high',
      '--fleet',
      '--site',
      'ashore',
      '--comment',
      'seen',
      '--wait',
      '60s',
    );
    assert.match(done.stdout, /ashore high: acknowledged/);
    assert.equal(site.core.decisions.alarms()[0]?.comment, 'seen');
    for (const value of [1, 200]) arrives(site, value);
    await raised('ashore');
    await end();
    const pending = await run('ack', 'high', '--fleet', '--site', 'ashore', '--wait', '0');
    assert.match(pending.stdout, /ashore high: pending, for the site to come/);
    const after = await run('alarms', '--fleet', '--site', 'ashore');
    assert.match(after.stdout, /ashore.* waiting \(token:bea\)/);
    assert.match((await run('sites', '--search', 'ashore')).stdout, /1, 1 unacknowledged/);
    assert.match(
      (await run('site', 'show', 'ashore')).stdout,
      /source:plc +127.0.0.1:1 refused the connection/,
    );
    const unknown = await run('ack', 'none', '--fleet', '--site', 'ashore');
    assert.deepEqual([unknown.code, /has no alarm none/.test(unknown.stderr)], [1, true]);
    assert.match((await run('ack', 'high', '--fleet')).stderr, /which site/);
  });

  test('Prometheus is told how many alarms nobody has acknowledged, and what waits', async () => {
    const open = await api.alarms({ state: 'unacknowledged', limit: 100 });
    const whole = await program('prometheus', [{ role: 'viewer' }]);
    const lines = (await whole.metrics()).split('\n');
    const expected = `holdfast_hub_unacknowledged_alarms{priority="high"} ${open.items.length}`;
    assert.ok(lines.includes(expected), `${expected} in ${lines.join('\n')}`);
    for (const line of ['holdfast_hub_pending_acknowledgements 1', 'holdfast_hub_silent_sites 0'])
      assert.ok(lines.includes(line), line);
  });

  test('the fleet lists what nobody has acknowledged first, page by page, the newest first', async () => {
    const all: FleetAlarm[] = [];
    for await (const one of api.everyAlarms({ limit: 1 })) all.push(one);
    const whole = (await api.alarms({ limit: 100 })).items;
    assert.deepEqual(
      all.map(({ site }) => site),
      whole.map(({ site }) => site),
    );
    assert.ok(all.length >= 5, 'that is more than one page');
    const firstDone = all.findIndex(({ state }) => state === 'acknowledged');
    assert.ok(firstDone > 0 && all.slice(firstDone).every(({ state }) => state === 'acknowledged'));
    const open = all.slice(0, firstDone).map(({ sinceUs }) => sinceUs);
    assert.deepEqual(
      open,
      open.toSorted((a, b) => b - a),
    );
  });
});
