import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { Fault } from '#kernel/fault.ts';
import { renewMembership, showMembership } from '#trust/hub/enrol.ts';
import type { Membership } from '#trust/hub/membership.ts';
import { newInstance, openUplink } from '#trust/hub/uplink.ts';
import { until } from '../until.ts';
import { OfficeProxy } from './office-proxy.ts';
import { HubRig, patience } from './rig.ts';

const LIMIT_MS = 60_000;

/** An uplink that is there, and whether it still is. */
async function linked(membership: Membership, instance = newInstance()) {
  const { socket } = await openUplink(membership, instance, patience());
  socket.on('error', () => {});
  let isCut = false;
  socket.once('close', () => {
    isCut = true;
  });
  return { socket, instance, isCut: () => isCut };
}

async function echoed(socket: Duplex, text: string): Promise<string> {
  const heard = once(socket, 'data');
  socket.write(text);
  return String((await heard)[0]);
}

/** Tries again where the hub says that it may help. */
async function openedAtLast(membership: Membership, instance: string): Promise<Duplex> {
  let opened: Duplex | undefined;
  await until(
    'the hub takes it',
    async () => {
      try {
        opened = (await openUplink(membership, instance, patience())).socket;
      } catch (error) {
        if (!(error instanceof Fault && error.code === 'hub.database')) throw error;
      }
      return opened !== undefined;
    },
    LIMIT_MS,
  );
  return opened as Duplex;
}

describe('uplinks', { concurrency: false }, () => {
  let rig: HubRig;
  before(async () => {
    rig = await HubRig.start();
  });
  after(() => rig?.[Symbol.asyncDispose]());

  test('a site speaks over its own certificate, and the hub knows who it is', async () => {
    const membership = await rig.join('speaks');
    const { socket, instance } = await linked(membership);
    assert.equal(await echoed(socket, 'hello'), 'hello');
    assert.deepEqual(rig.accepted.at(-1), {
      site: 'speaks',
      serial: membership.certificate.serialNumber,
      instance,
    });
    socket.destroy();
  });

  test('a revocation cuts the open connection, at every hub on the database', async () => {
    await using second = await HubRig.start({ databaseUrl: rig.databaseUrl });
    const membership = await rig.join('stolen');
    const instance = newInstance();
    const here = await linked(membership, instance);
    const there = await linked({ ...membership, hub: second.url }, instance);
    assert.equal(await echoed(there.socket, 'x'), 'x');
    await rig.hub.identities.end('stolen', 'revoked', { by: 'test', why: 'stolen' });
    await until('both are cut', () => here.isCut() && there.isCut(), LIMIT_MS);
    await assert.rejects(linked(membership), { code: 'hub.identity-ended' });
    await assert.rejects(linked({ ...membership, hub: second.url }), { code: 'hub.identity-ended' });
  });

  test('what was revoked while a hub did not hear the others is cut when it hears again', async () => {
    const membership = await rig.join('deaf');
    const link = await linked(membership);
    const { pool } = rig.hub.database;
    // As if the news had never come: the row alone says it.
    await pool.query("UPDATE identities SET state = 'revoked' WHERE site = 'deaf'");
    await pool.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holdfast news'",
    );
    await until('it is cut', link.isCut, LIMIT_MS);
  });

  test('a new start of the program takes the place of the one before', async () => {
    const membership = await rig.join('restarts');
    const before = await linked(membership);
    const next = await linked(membership);
    await until('the one before is cut', before.isCut, LIMIT_MS);
    assert.equal(await echoed(next.socket, 'still here'), 'still here');
    assert.ok(!(await rig.events('restarts')).includes('security.identity-cloned'));
    next.socket.destroy();
  });

  test('two boxes with one identity are noticed: the one that comes back is refused, and told once', async () => {
    const membership = await rig.join('twins');
    const original = await linked(membership);
    const copy = await linked(membership);
    await until('the first is cut', original.isCut, LIMIT_MS);
    for (let i = 0; i < 2; i++)
      await assert.rejects(linked(membership, original.instance), { code: 'hub.cloned', retry: 'backoff' });
    const told = await rig.events('twins');
    assert.equal(told.filter((name) => name === 'security.identity-cloned').length, 1);
    assert.equal(await echoed(copy.socket, 'x'), 'x');
    // The way out: the right box joins anew.
    const right = await rig.join('twins');
    await until('the copy is cut', copy.isCut, LIMIT_MS);
    const link = await linked(right, original.instance);
    link.socket.destroy();
  });

  test('a renewed certificate ends the connection of the old one', async () => {
    const old = await rig.join('renewing');
    const link = await linked(old);
    const renewed = await renewMembership(rig.trustDir('renewing'), old, patience());
    assert.equal(await echoed(link.socket, 'x'), 'x');
    await showMembership(renewed, patience());
    await until('it is cut', link.isCut, LIMIT_MS);
    const next = await linked(renewed);
    next.socket.destroy();
  });

  test('a certificate that is over opens no uplink, and closes one', async () => {
    const membership = await rig.join('over');
    const link = await linked(membership);
    rig.aheadMs = 200 * 86_400_000;
    await assert.rejects(linked(membership), { code: 'hub.identity-expired' });
    rig.hub.connections.endExpired(Date.now() + rig.aheadMs);
    await until('it is cut', link.isCut, LIMIT_MS);
    rig.aheadMs = 0;
  });

  test('through an HTTP proxy, which sees where to and nothing else', async () => {
    await using proxy = await OfficeProxy.start();
    const membership = { ...(await rig.join('behind')), proxy: proxy.url('operator', 'se:cret') };
    const { socket } = await linked(membership);
    assert.equal(await echoed(socket, 'plain words'), 'plain words');
    assert.deepEqual(proxy.asked, [`127.0.0.1:${rig.hub.port}`]);
    assert.ok(!Buffer.concat(proxy.seen).includes('plain words'));
    socket.destroy();
    const wrong = { ...membership, proxy: proxy.url('operator', 'wrong') };
    await assert.rejects(linked(wrong), { code: 'hub.proxy', message: /407/ });
  });

  test('a database that dies cuts nobody; who comes meanwhile may try again, and gets in', async () => {
    const membership = await rig.join('patient');
    const link = await linked(membership);
    const file = join(rig.dir, 'postgres/data/postmaster.pid');
    const server = () => {
      try {
        return readFileSync(file, 'utf8').split('\n')[0];
      } catch {
        return undefined; // between two servers
      }
    };
    const killed = server();
    process.kill(Number(killed), 'SIGKILL');
    const opening = openedAtLast(membership, link.instance);
    assert.equal(await echoed(link.socket, 'as ever'), 'as ever');
    const answers = () =>
      rig.hub.database.pool.query('SELECT 1').then(
        () => true,
        () => false,
      );
    await until('another server answers', async () => server() !== killed && (await answers()), LIMIT_MS);
    const again = await opening;
    assert.equal(await echoed(again, 'back'), 'back');
    assert.equal(await echoed(link.socket, 'still'), 'still');
    for (const socket of [again, link.socket]) socket.destroy();
  });

  test('garbage, no certificate and a foreign one are refused, and the others do not notice', async () => {
    const membership = await rig.join('calm');
    const link = await linked(membership);
    await using other = await HubRig.start();
    const stranger = await other.join('calm');
    const foreign = { ...stranger, hub: rig.url, pin: rig.hub.authority.pin };
    await assert.rejects(linked(foreign), { code: 'hub.foreign-certificate' });
    await assert.rejects(linked(membership, 'no instance'), { code: 'hub.no-instance' });
    const raw = connect(rig.hub.port, '127.0.0.1');
    raw.on('error', () => {});
    raw.write('GET / HTTP/1.1\r\n\r\n');
    await once(raw, 'close');
    assert.equal(await echoed(link.socket, 'as ever'), 'as ever');
    link.socket.destroy();
    await until('none is counted any more', () => rig.hub.connections.count === 0, LIMIT_MS);
  });
});
