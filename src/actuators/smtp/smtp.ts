import { readFile } from 'node:fs/promises';
import { createTransport } from 'nodemailer';
import * as z from 'zod';
import { Fault, messageOf } from '#kernel/fault.ts';
import { unreachedText } from '#kernel/unreached.ts';
import type { Action, ActionResult, Actuator, ActuatorDef, Deps } from '#plugin/api.ts';
import { notSent } from '#plugin/not-sent.ts';
import { readSecret } from '#plugin/secret.ts';

const Config = z.strictObject({
  host: z.string().min(1).describe('Mail server.'),
  port: z.int().min(1).max(65_535).default(587).describe('465 speaks TLS at once, 587 and 25 begin plain.'),
  tls: z
    .enum(['starttls', 'tls', 'none'])
    .default('starttls')
    .describe(
      'starttls: refused where the server does not offer it. none: in the clear, written on purpose.',
    ),
  from: z.email().describe('Sender.'),
  user: z.string().optional().describe('Name to sign in with.'),
  passwordEnv: z.string().optional().describe('Environment variable with the password.'),
  passwordFile: z.string().optional().describe('File with the password.'),
  ca: z.string().optional().describe('Path of a PEM file: authorities that may have signed the server.'),
  timeoutMs: z.int().min(100).max(60_000).default(10_000).describe('Longest silence of the server.'),
});
type Config = z.output<typeof Config>;

const recipients = z.array(z.email()).min(1).max(100);
const oneLine = z.string().regex(/^[^\r\n]*$/, 'one line');
const Fields = z.strictObject({
  to: recipients.describe('Recipients; each is told whether the others are.'),
  subject: oneLine.min(1).max(500).describe('Subject.'),
  text: z.string().max(100_000).default('').describe('Text of the mail.'),
  messageId: z
    .string()
    .regex(/^[A-Za-z0-9.-]{1,100}$/)
    .optional()
    .describe('The same for every attempt: mail servers keep one of them.'),
});

/** Sends mail (RFC 5321). Done means: the server took it for every recipient, and answers for it from there on. */
export const smtp: ActuatorDef<typeof Config> = {
  kind: 'smtp',
  config: Config,
  action: Fields,
  notice: {
    fields: z.strictObject({ recipients: recipients.describe('Who is told.') }),
    render: ({ key, subject, text }, fields) => ({
      to: (fields as { readonly recipients: readonly string[] }).recipients,
      subject,
      text,
      messageId: key,
    }),
  },
  async open(config, deps) {
    const password = await readSecret('password', config.passwordEnv, config.passwordFile);
    const ca = config.ca === undefined ? undefined : await authorities(config.ca);
    return new Mailer(config, deps, { password, ca });
  },
};

interface Secrets {
  readonly password: string | undefined;
  readonly ca: Buffer | undefined;
}

/** A line to the server of its own for each mail: alarms are rare, and an idle line is one that has died unseen. */
function transportOf(config: Config, { password, ca }: Secrets, said: (line: unknown) => void) {
  const debug = (_entry: unknown, line: unknown) => said(line);
  const silent = { trace() {}, info() {}, warn() {}, error() {}, fatal() {}, level() {} };
  return createTransport({
    host: config.host,
    port: config.port,
    secure: config.tls === 'tls',
    requireTLS: config.tls === 'starttls',
    ignoreTLS: config.tls === 'none',
    connectionTimeout: config.timeoutMs,
    greetingTimeout: config.timeoutMs,
    socketTimeout: config.timeoutMs,
    dnsTimeout: config.timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    tls: { rejectUnauthorized: true, ...(ca && { ca }) },
    ...(config.user !== undefined && { auth: { user: config.user, pass: password ?? '' } }),
    debug: true,
    logger: { ...silent, debug },
  });
}

class Mailer implements Actuator {
  readonly #config: Config;
  readonly #deps: Deps;
  readonly #secrets: Secrets;

  constructor(config: Config, deps: Deps, secrets: Secrets) {
    this.#config = config;
    this.#deps = deps;
    this.#secrets = secrets;
  }

  async act(action: Action, signal: AbortSignal): Promise<ActionResult> {
    const parsed = Fields.safeParse(action.config);
    if (!parsed.success) return { state: 'failed', reason: z.prettifyError(parsed.error) };
    if (signal.aborted || this.#deps.clock.steadyUs() >= action.deadlineUs)
      return { state: 'failed', reason: 'too late' };
    const { to, subject, text, messageId } = parsed.data;
    const { from } = this.#config;
    const domain = from.slice(from.lastIndexOf('@') + 1);
    // A mail is taken by the answer to the dot behind its text (RFC 5321, 4.1.1.4): what fails earlier was not sent.
    let ended = false;
    const transport = transportOf(this.#config, this.#secrets, (line) => {
      ended ||= line === '.';
    });
    try {
      const { rejected = [] } = await transport.sendMail({
        from,
        to,
        subject,
        text,
        // Nobody should answer with an absence note (RFC 3834).
        headers: { 'auto-submitted': 'auto-generated' },
        ...(messageId !== undefined && { messageId: `<${messageId}@${domain}>` }),
      });
      if (rejected.length === 0) return { state: 'done' };
      return { state: 'failed', reason: `the server refused ${rejected.map(addressOf).join(', ')}` };
    } catch (error) {
      const server = `the mail server ${this.#config.host}:${this.#config.port}`;
      if (typeof (error as { readonly responseCode?: number }).responseCode === 'number')
        return { state: 'failed', reason: `${server}: ${messageOf(error)}` };
      const reason = unreachedText(server, error);
      if (!ended) throw notSent(new Error(reason, { cause: error }));
      return { state: 'unknown', reason };
    } finally {
      transport.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

const addressOf = (one: string | { readonly address: string }): string =>
  typeof one === 'string' ? one : one.address;

async function authorities(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new Fault('smtp.bad-file', `ca: ${messageOf(cause)}`, {
      hint: 'Give the path of a PEM file that this process may read.',
      cause,
    });
  }
}
