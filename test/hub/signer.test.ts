import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPublicKey, type X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as z from 'zod';
import { parcelKeyStatement } from '#hub/parcel/keys.ts';
import { Fault } from '#kernel/fault.ts';
import { renewMembership, showMembership } from '#trust/hub/enrol.ts';
import type { Membership } from '#trust/hub/membership.ts';
import { readStatement } from '#trust/hub/statement.ts';
import { newInstance, openUplink } from '#trust/hub/uplink.ts';
import { until } from '../until.ts';
import { HubRig, patience } from './rig.ts';
import { HardwareToken } from './token.ts';

const spki = (pem: string | Buffer) => createPublicKey(pem).export({ type: 'spki', format: 'der' });

describe('the key that issues is in an HSM', { concurrency: false }, () => {
  let token: HardwareToken;
  let rig: HubRig;
  before(async () => {
    token = new HardwareToken();
    rig = await HubRig.start({ signer: token.program });
  });
  after(async () => {
    await rig?.[Symbol.asyncDispose]();
    token?.[Symbol.dispose]();
  });

  const renewed = (membership: Membership) =>
    renewMembership(rig.trustDir(membership.site), membership, patience());
  const issuing = () => rig.hub.authority.certificates.at(-1) as X509Certificate;
  const pem = (name: string, ...certificates: X509Certificate[]) => {
    const file = join(token.dir, name);
    writeFileSync(file, certificates.join(''));
    return file;
  };

  test('a site joins, and OpenSSL finds its certificate signed by the key on the token', async () => {
    const { certificate } = await rig.join('north');
    const [root] = rig.hub.authority.certificates as [X509Certificate];
    const args = ['-CAfile', pem('root.pem', root), '-untrusted', pem('issuing.pem', issuing())];
    const said = execFileSync('openssl', ['verify', ...args, pem('site.pem', certificate)], {
      encoding: 'utf8',
    });
    assert.match(said, /site\.pem: OK/);
    const onToken = execFileSync(token.program, ['public']);
    const inCertificate = issuing().publicKey.export({ type: 'spki', format: 'der' });
    assert.deepEqual(onToken, inCertificate);
    assert.match(token.about('01'), /sensitive, always sensitive, never extractable, local/);
  });

  test('it is nowhere else: not in the database, not in the folder of the hub', async () => {
    const { rows } = await rig.hub.database.pool.query('SELECT kind, key FROM authorities ORDER BY made');
    assert.deepEqual(rows, [
      { kind: 'root', key: null },
      { kind: 'issuing', key: null },
    ]);
    await rig.hub.database.pool.query('CHECKPOINT');
    const files = execFileSync('grep', ['-rl', 'PRIVATE KEY-----', rig.dir], { encoding: 'utf8' });
    assert.deepEqual(files.trim().split('\n'), [join(rig.dir, 'root-key.pem')]);
    const root = readFileSync(join(rig.dir, 'root-key.pem'));
    assert.notDeepEqual(spki(root), issuing().publicKey.export({ type: 'spki', format: 'der' }));
  });

  test('pulled out: what needs a certificate says so, connections go on; back in, it issues again', async () => {
    const membership = await rig.join('south');
    const { socket } = await openUplink(membership, newInstance(), patience());
    const echoed = async (text: string) => {
      const heard = once(socket, 'data');
      socket.write(text);
      assert.equal(String((await heard)[0]), text);
    };
    await echoed('before');
    token.pull();
    // In the words of the program that asks, and worth another try.
    const isAway = (error: unknown) =>
      error instanceof Fault &&
      error.code === 'hub.signer' &&
      error.retry === 'backoff' &&
      /slot/i.test(error.message);
    await assert.rejects(renewed(membership), isAway);
    await assert.rejects(rig.join('west'), isAway);
    await echoed('meanwhile');
    await showMembership(membership, patience());
    const other = new HubRig();
    await assert.rejects(other.startAgain({ databaseUrl: rig.databaseUrl, signer: token.program }), {
      code: 'hub.signer',
    });
    await other[Symbol.asyncDispose]();
    token.plug();
    const next = await renewed(membership);
    assert.notEqual(next.certificate.serialNumber, membership.certificate.serialNumber);
    await rig.join('west');
    await echoed('after');
    socket.destroy();
  });

  test('what another key has signed is given to nobody', async () => {
    token.makeKey('02');
    const undo = token.replaceProgram((script) => script.replaceAll('--id 01', '--id 02'));
    await assert.rejects(rig.join('east'), { code: 'hub.signer', message: /not the one of this hub/ });
    undo();
    const silent = token.replaceProgram(() => '#!/bin/sh\ncat >/dev/null\n');
    await assert.rejects(rig.join('east'), { code: 'hub.signer', message: /0 bytes came/ });
    silent();
    await rig.join('east');
  });

  test('signatures in DER are taken as well', async () => {
    const undo = token.replaceProgram((script) =>
      script.replace('--sign ', '--sign --signature-format sequence '),
    );
    // Numbers are shorter or longer by a byte, as it happens.
    for (let n = 0; n < 8; n++) await rig.join('der');
    undo();
  });

  test('one that fails once is asked again', async () => {
    const failed = join(token.dir, 'failed');
    const undo = token.replaceProgram((script) =>
      script.replace('set -eu\n', `set -eu\n[ -e ${failed} ] || { touch ${failed}; exit 1; }\n`),
    );
    await rig.join('again');
    undo();
    assert.ok(existsSync(failed));
  });

  test('a slow one is asked twice at once, and the hub answers everybody else meanwhile', async () => {
    const log = join(token.dir, 'log');
    const go = join(token.dir, 'go');
    const undo = token.replaceProgram((script) =>
      script.replace(
        'set -eu\n',
        `set -eu\necho begin >> ${log}\ntrap 'echo end >> ${log}' EXIT\nwhile [ ! -e ${go} ]; do sleep 0.02; done\n`,
      ),
    );
    // More than there are connections to the database.
    const sites = Array.from({ length: 24 }, (_, n) => `many-${n}`);
    const joining = Promise.all(sites.map((site) => rig.join(site)));
    await until('it is asked', () => existsSync(log) && readFileSync(log, 'utf8') === 'begin\nbegin\n');
    await until('all wait, and no token is used up', async () => {
      const { rows } = await rig.hub.database.pool.query(
        "SELECT count(*)::int AS n FROM join_tokens WHERE used IS NULL AND site LIKE 'many-%'",
      );
      return rows[0].n === sites.length;
    });
    writeFileSync(go, '');
    const joined = await joining;
    undo();
    assert.equal(new Set(joined.map(({ certificate }) => certificate.serialNumber)).size, sites.length);
    let atOnce = 0;
    const most = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (atOnce += line === 'begin' ? 1 : -1));
    assert.equal(most.length, 2 * sites.length);
    assert.equal(Math.max(...most), 2);
  });

  test('whoever asks for the key of parcels makes the token work once, however many ask', async () => {
    const log = join(token.dir, 'asked');
    const undo = token.replaceProgram((script) =>
      script.replace('set -eu\n', `set -eu\necho "$1" >> ${log}\n`),
    );
    const { database, authority } = rig.hub;
    const said = await Promise.all(
      Array.from({ length: 20 }, () => parcelKeyStatement(database, authority, Date.now())),
    );
    await parcelKeyStatement(database, authority, Date.now());
    assert.equal(readFileSync(log, 'utf8'), 'sign\n');
    const { pin } = authority;
    const schema = z.object({ key: z.string() });
    for (const text of said) readStatement('holdfast-parcel-key/1', text, { pin, where: 'the hub', schema });
    // Until half of its life is over.
    await parcelKeyStatement(database, authority, Date.now() + 16 * 86_400_000);
    assert.equal(readFileSync(log, 'utf8'), 'sign\nsign\n');
    undo();
  });

  test('a hub that is not told of the program looks at everything and issues nothing', async () => {
    const other = new HubRig();
    await assert.rejects(other.startAgain({ databaseUrl: rig.databaseUrl }), {
      code: 'hub.signer',
      message: /not in the database/,
    });
    await other[Symbol.asyncDispose]();
  });
});
