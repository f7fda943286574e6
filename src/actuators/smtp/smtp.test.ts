import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { SMTPServerOptions } from 'smtp-server';
import { systemClock } from '#kernel/clock.ts';
import type { Json } from '#kernel/event.ts';
import { TagTable } from '#kernel/tag-table.ts';
import type { Action, Deps } from '#plugin/api.ts';
import { createInbox } from '#plugin/inbox.ts';
import { wasNotSent } from '#plugin/not-sent.ts';
import { MailServer } from '#test/mail-server.ts';
import { trustsNothing } from '#test/trust.ts';
import { smtp } from './smtp.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const deps: Deps = {
  id: 'mail',
  clock: systemClock(),
  log: quiet,
  points: [],
  tags: new TagTable(),
  mode: 'live',
  inbox: createInbox,
  load: { request() {}, caps() {} },
  trust: trustsNothing,
  event() {},
};

/** Gone with the test. */
async function mailServer(t: TestContext, options?: SMTPServerOptions): Promise<MailServer> {
  const server = await MailServer.start(options);
  t.after(() => server[Symbol.asyncDispose]());
  return server;
}

const action = (config: Json, forMs = 10_000): Action => ({
  id: 1,
  config,
  by: 'notice:1',
  deadlineUs: deps.clock.steadyUs() + forMs * 1000,
});
const signal = AbortSignal.timeout(60_000);
const MAIL = { to: ['anna@plant.example'], subject: 'Pump 1 is hot: 95 °C', text: 'Lower the speed.\n' };

async function send(port: number, config: object = {}, mail: Json = MAIL) {
  const settings = smtp.config.parse({
    host: '127.0.0.1',
    port,
    tls: 'none',
    from: 'site@plant.example',
    timeoutMs: 2000,
    ...config,
  });
  await using mailer = await smtp.open(settings, deps, signal);
  return await mailer.act(action(mail), signal);
}

test('a mail arrives with all that was said, and says that nobody wrote it', async (t) => {
  const { mails, port } = await mailServer(t);
  const result = await send(
    port,
    {},
    { ...MAIL, to: ['anna@plant.example', 'ben@plant.example'], messageId: 'riverside-7' },
  );
  assert.deepEqual(result, { state: 'done' });
  const [mail] = mails;
  assert.deepEqual(mail?.to, ['anna@plant.example', 'ben@plant.example']);
  assert.equal(mail.from, 'site@plant.example');
  assert.match(mail.text, /^Subject: =\?UTF-8\?Q\?Pump_1_is_hot=3A_95_=C2=B0C\?=/m);
  assert.match(mail.text, /^Message-ID: <riverside-7@plant\.example>/m);
  assert.match(mail.text, /^auto-submitted: auto-generated/im);
  assert.match(mail.text, /\r\n\r\nLower the speed\./);
});

test('a recipient that the server refuses is a failure that names it, though others were told', async (t) => {
  const { mails, port } = await mailServer(t);
  const result = await send(port, {}, { ...MAIL, to: ['anna@plant.example', 'nobody@plant.example'] });
  assert.equal(result.state, 'failed');
  assert.match(result.reason ?? '', /nobody@plant\.example/);
  assert.equal(mails.length, 1);
});

test('a password opens the server, and a wrong one is a failure with its answer', async (t) => {
  const { mails, port } = await mailServer(t, { authOptional: false, allowInsecureAuth: true });
  t.after(() => delete process.env.HOLDFAST_TEST_SMTP);
  process.env.HOLDFAST_TEST_SMTP = 'right';
  const login = { user: 'site', passwordEnv: 'HOLDFAST_TEST_SMTP' };
  assert.equal((await send(port, login)).state, 'done');
  assert.equal(mails[0]?.user, 'site');
  process.env.HOLDFAST_TEST_SMTP = 'wrong';
  const refused = await send(port, login);
  assert.equal(refused.state, 'failed');
  assert.match(refused.reason ?? '', /535/);
});

test('encryption is asked for by default, and refused where the server does not offer it', async (t) => {
  const { mails, port } = await mailServer(t, { disabledCommands: ['STARTTLS'] });
  const { tls } = smtp.config.parse({ host: 'h', from: 'a@plant.example' }) as { readonly tls: string };
  const refused = await send(port, { tls });
  assert.equal(refused.state, 'failed');
  assert.match(refused.reason ?? '', /STARTTLS/);
  assert.equal(mails.length, 0);
});

test('only a server whose certificate an authority of ours has signed is spoken to', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-smtp-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  const named = ['-subj', '/CN=mail', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1', '-out', cert];
  execFileSync('openssl', ['req', '-x509', ...made, ...named], { stdio: 'pipe' });
  const tls = { hideSTARTTLS: false, key: readFileSync(key), cert: readFileSync(cert) };
  const { mails, port } = await mailServer(t, tls);
  await assert.rejects(
    send(port, { tls: 'starttls' }),
    (error) => wasNotSent(error) && /self.signed/i.test(error.message),
  );
  assert.deepEqual(await send(port, { tls: 'starttls', ca: cert }), { state: 'done' });
  assert.deepEqual(
    mails.map(({ secure }) => secure),
    [true],
  );
});

test('where nobody listens nothing was sent, and the action may be given again', async (t) => {
  const server = await mailServer(t);
  const { port } = server;
  await server[Symbol.asyncDispose]();
  await assert.rejects(send(port), (error) => {
    assert.ok(wasNotSent(error));
    assert.match(
      error.message,
      /^the mail server \S+ refused the connection: .* \(connect ECONNREFUSED .*\)$/,
    );
    return true;
  });
});

test('a server that falls silent after the text leaves it unknown; before it, nothing was sent', async (t) => {
  const text = await mailServer(t, { onData: (stream) => void stream.resume() });
  assert.equal((await send(text.port, { timeoutMs: 300 })).state, 'unknown');
  const envelope = await mailServer(t, { onMailFrom() {} });
  await assert.rejects(send(envelope.port, { timeoutMs: 300 }), wasNotSent);
});

test('what is no mail has failed with the reason', async (t) => {
  const { port } = await mailServer(t);
  const broken = await send(port, {}, { ...MAIL, to: ['anna'] });
  assert.equal(broken.state, 'failed');
  const injected = await send(port, {}, { ...MAIL, subject: 'a\r\nBcc: all@plant.example' });
  assert.match(injected.reason ?? '', /one line/);
});
