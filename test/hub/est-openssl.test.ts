import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { HubRig } from './rig.ts';

const run = promisify(execFile);

/* A site that knows nothing of Holdfast: curl and openssl, as RFC 7030 has it. */
describe('enrolment with curl and openssl', { concurrency: false }, () => {
  let rig: HubRig;
  let dir: string;
  before(async () => {
    rig = await HubRig.start();
    dir = mkdtempSync(join(tmpdir(), 'holdfast-est-'));
    writeFileSync(at('root.pem'), String(rig.hub.authority.certificates[0]));
  });
  after(async () => {
    await rig?.[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });

  const at = (name: string) => join(dir, name);
  const openssl = async (...args: readonly string[]) => (await run('openssl', args)).stdout;
  const est = (name: string) => `${rig.url}/.well-known/est/${name}`;

  /** @returns status, headers and body */
  async function curl(url: string, ...args: readonly string[]) {
    const body = at('body');
    const { stdout } = await run('curl', [
      ...['-sS', '--tlsv1.3', '--cacert', at('root.pem'), '-o', body, '-D', '-', ...args, url],
    ]);
    return { head: stdout, status: Number(/^HTTP\/1\.1 (\d+)/.exec(stdout)?.[1]), body };
  }

  async function makeRequest(
    name: string,
    subject = `/CN=${name}`,
    ...key: readonly string[]
  ): Promise<string> {
    const kind =
      key.length > 0 ? key : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await openssl(
      'req',
      '-new',
      ...kind,
      '-keyout',
      at(`${name}.key`),
      '-subj',
      subject,
      '-outform',
      'DER',
      '-out',
      at('csr'),
    );
    await openssl('base64', '-in', at('csr'), '-out', at(`${name}.b64`));
    return at(`${name}.b64`);
  }

  const posted = (file: string) => ['-H', 'Content-Type: application/pkcs10', '--data-binary', `@${file}`];

  /** What EST sends, as PEM. */
  async function certificatesIn(body: string, ...show: readonly string[]): Promise<string> {
    await openssl('base64', '-d', '-in', body, '-out', at('p7'));
    return await openssl('pkcs7', '-inform', 'DER', '-in', at('p7'), '-print_certs', ...show);
  }

  async function enrolled(site: string): Promise<string> {
    const file = await makeRequest(site);
    const { status, body } = await curl(
      est('simpleenroll'),
      '-u',
      `${site}:${await rig.token(site)}`,
      ...posted(file),
    );
    assert.equal(status, 200, readFileSync(body, 'utf8'));
    writeFileSync(at(`${site}.pem`), await certificatesIn(body));
    return at(`${site}.pem`);
  }

  test('cacerts gives the authority to whoever asks, in the form of RFC 7030', async () => {
    const { status, head, body } = await curl(est('cacerts'));
    assert.equal(status, 200);
    assert.match(head, /content-type: application\/pkcs7-mime/i);
    assert.match(head, /content-transfer-encoding: base64/i);
    const pem = await certificatesIn(body);
    for (const one of rig.hub.authority.certificates)
      assert.ok(pem.includes(String(one).trim()), one.subject);
  });

  test('a site enrols with its token as a password, and openssl finds its chain right', async () => {
    const pem = await enrolled('plain-1');
    const { body } = await curl(est('cacerts'));
    writeFileSync(at('all.pem'), await certificatesIn(body));
    const said = await openssl(
      ...[
        'verify',
        '-x509_strict',
        '-purpose',
        'sslclient',
        '-CAfile',
        at('root.pem'),
        '-untrusted',
        at('all.pem'),
        pem,
      ],
    );
    assert.match(said, /: OK/);
    assert.match(
      await openssl('x509', '-in', pem, '-noout', '-subject', '-nameopt', 'RFC2253'),
      /CN=plain-1/,
    );
    assert.match(
      await openssl('x509', '-in', pem, '-noout', '-ext', 'subjectAltName'),
      /urn:holdfast:site:plain-1/,
    );
    const { status, body: said2 } = await curl(
      `${rig.url}/identity`,
      '--cert',
      pem,
      '--key',
      at('plain-1.key'),
    );
    assert.equal(status, 200);
    assert.equal(JSON.parse(readFileSync(said2, 'utf8')).site, 'plain-1');
  });

  test('it renews with what it has, and only as itself', async () => {
    const pem = await enrolled('plain-2');
    const own = ['--cert', pem, '--key', at('plain-2.key')];
    const again = await makeRequest('plain-2b', '/CN=plain-2');
    const { status, body } = await curl(est('simplereenroll'), ...own, ...posted(again));
    assert.equal(status, 200, readFileSync(body, 'utf8'));
    const renewed = await certificatesIn(body);
    assert.notEqual(renewed.trim(), readFileSync(pem, 'utf8').trim());
    const other = await curl(est('simplereenroll'), ...own, ...posted(await makeRequest('other')));
    assert.equal(other.status, 400);
    assert.match(readFileSync(other.body, 'utf8'), /cannot renew as other/);
    const nobody = await curl(est('simplereenroll'), ...posted(again));
    assert.equal(nobody.status, 401);
  });

  test('its name comes from the token, whatever it asks for', async () => {
    const file = await makeRequest('grand', '/CN=somebody-else');
    const { body } = await curl(est('simpleenroll'), '-u', `:${await rig.token('humble')}`, ...posted(file));
    writeFileSync(at('humble.pem'), await certificatesIn(body));
    assert.match(
      await openssl('x509', '-in', at('humble.pem'), '-noout', '-subject', '-nameopt', 'RFC2253'),
      /CN=humble/,
    );
  });

  test('what is wrong is refused, and says why', async () => {
    const file = await makeRequest('wrong');
    const asked = async (...args: readonly string[]) => {
      const { status, head, body } = await curl(est('simpleenroll'), ...args);
      return { status, head, ...JSON.parse(readFileSync(body, 'utf8')) };
    };
    const none = await asked(...posted(file));
    assert.equal(none.status, 401);
    assert.match(none.head, /www-authenticate: Basic/i);
    const bad = await asked('-u', 'wrong:nonsense', ...posted(file));
    assert.deepEqual([bad.status, bad.title], [401, 'hub.token']);

    const token = await rig.token('wrong');
    const rsa = await makeRequest('rsa', '/CN=rsa', '-newkey', 'rsa:2048', '-nodes');
    const refusedFor = async (request: string, why: RegExp) => {
      const { status, detail } = await asked('-u', `:${token}`, ...posted(request));
      assert.equal(status, 400);
      assert.match(detail, why);
    };
    await refusedFor(rsa, /P-256/);
    writeFileSync(at('noise'), 'bm9uc2Vuc2U=');
    await refusedFor(at('noise'), /no PKCS #10/);
    const der = Buffer.from(readFileSync(file, 'utf8'), 'base64');
    // A byte of the name: well-formed, but no more what was signed.
    der[der.indexOf('wrong')] = 'x'.charCodeAt(0);
    writeFileSync(at('forged'), der.toString('base64'));
    await refusedFor(at('forged'), /signature/);
    writeFileSync(at('long'), 'A'.repeat(20_000));
    assert.equal((await asked('-u', `:${token}`, ...posted(at('long')))).status, 413);
    assert.equal((await asked('-u', `:${token}`, '-d', '{}', '-H', 'Content-Type: text/html')).status, 415);
    // None of that used the token up.
    assert.equal((await curl(est('simpleenroll'), '-u', `:${token}`, ...posted(file))).status, 200);
  });

  test('whoever watches it is told that it is well, and what is not there', async () => {
    const health = await curl(`${rig.url}/health`);
    assert.deepEqual([health.status, readFileSync(health.body, 'utf8')], [200, '{"ok":true}']);
    const nothing = await curl(`${rig.url}/nothing`);
    assert.equal(nothing.status, 404);
    assert.equal(JSON.parse(readFileSync(nothing.body, 'utf8')).title, 'api.not-found');
  });

  test('TLS below 1.3 is not spoken', async () => {
    await assert.rejects(
      run('curl', ['-sS', '--tls-max', '1.2', '-k', est('cacerts')]),
      /protocol version|alert/i,
    );
  });
});
