import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { Fault, messageOf } from '#kernel/fault.ts';
import { UNREACHED, unreachedText } from '#kernel/unreached.ts';
import type { Action, ActionResult, Actuator, ActuatorDef, Deps } from '#plugin/api.ts';
import { readSecret } from '#plugin/secret.ts';
import { PostError, post, type Reply } from '#wire/http/post.ts';

const Config = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Receives a POST with JSON. Redirects are not followed.'),
  headersEnv: z
    .record(z.string().regex(/^[A-Za-z0-9-]+$/), z.string())
    .default({})
    .describe('Further headers: name → environment variable that holds the value.'),
  secretEnv: z.string().optional().describe('Environment variable with the secret of the signature.'),
  secretFile: z.string().optional().describe('File with the secret of the signature.'),
  ca: z.string().optional().describe('Path of a PEM file: authorities that may have signed the receiver.'),
  timeoutMs: z.int().min(100).max(60_000).default(5000).describe('Longest wait for one answer.'),
});
type Config = z.output<typeof Config>;

const Fields = z.strictObject({
  payload: z.json().default({}).describe('Body of the request.'),
  idempotencyKey: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[\x21-\x7e]+$/)
    .optional()
    .describe('The receiver takes this key once: the request may then be repeated until its deadline.'),
});

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5000;

/**
 * POSTs JSON. With a secret, the header `holdfast-signature: t=<s since 1970>,v1=<hex>` holds the HMAC-SHA256 of
 * `<t>.<body>`; the receiver compares it and refuses old times.
 */
export const webhook: ActuatorDef<typeof Config> = {
  kind: 'webhook',
  config: Config,
  action: Fields,
  notice: {
    fields: z.strictObject({}),
    render: ({ key, subject, text, detail }) => ({
      payload: { subject, text, ...detail },
      idempotencyKey: key,
    }),
  },
  async open(config, deps) {
    return hook(config, deps, {
      secret: await readSecret('secret', config.secretEnv, config.secretFile),
      headers: await headersOf(config),
      ca: await caOf(config),
    });
  },
};

interface Secrets {
  readonly secret: string | undefined;
  readonly headers: { readonly [name: string]: string };
  readonly ca: Buffer | undefined;
}

function hook(config: Config, deps: Deps, secrets: Secrets): Actuator {
  return {
    async act(action, signal) {
      const fields = Fields.safeParse(action.config);
      if (!fields.success) return { state: 'failed', reason: z.prettifyError(fields.error) };
      const { payload, idempotencyKey } = fields.data;
      const body = Buffer.from(JSON.stringify(payload));
      const attempt = () => once(config, deps, secrets, body, idempotencyKey, action, signal);
      return idempotencyKey === undefined ? (await attempt()).result : repeat(attempt, deps, action, signal);
    },
    async [Symbol.asyncDispose]() {},
  };
}

interface Attempt {
  readonly result: ActionResult;
  readonly retryAfterMs?: number | undefined;
}

async function once(
  config: Config,
  deps: Deps,
  secrets: Secrets,
  body: Buffer,
  idempotencyKey: string | undefined,
  action: Action,
  signal: AbortSignal,
): Promise<Attempt> {
  const leftMs = (action.deadlineUs - deps.clock.steadyUs()) / 1000;
  if (leftMs <= 0) return { result: { state: 'failed', reason: 'too late: its time to live was over' } };
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'holdfast',
    'holdfast-action': String(action.id),
    ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
    ...(secrets.secret !== undefined && signature(secrets.secret, deps.clock.nowUs(), body)),
    ...secrets.headers,
  };
  const timeout = AbortSignal.timeout(Math.ceil(Math.min(config.timeoutMs, leftMs)));
  try {
    const reply = await post(
      new URL(config.url),
      headers,
      body,
      secrets.ca,
      AbortSignal.any([signal, timeout]),
    );
    return judged(reply, config.url);
  } catch (error) {
    const reason = timeout.aborted ? noAnswer(config) : unreachedText(config.url, causeOf(error));
    const arrived = error instanceof PostError && error.sent;
    const state = arrived ? 'unknown' : 'failed';
    return {
      result: { state, reason },
      retryAfterMs: signal.aborted ? undefined : 0,
    };
  }
}

const noAnswer = ({ url, timeoutMs }: Config): string =>
  `${url} did not answer within ${timeoutMs} ms. ${UNREACHED.ETIMEDOUT.hint}`;

const causeOf = (error: unknown): unknown => (error instanceof PostError ? error.cause : error);

/** 2xx is done. A gateway that lost its server does not know what came of the request. */
function judged({ status, location, retryAfterS }: Reply, url: string): Attempt {
  if (status >= 200 && status < 300) return { result: { state: 'done' } };
  const to = location === undefined ? '' : ` to ${location}, which is not followed: name the new address`;
  const state = status === 502 || status === 504 ? 'unknown' : 'failed';
  const passing = status === 408 || status === 425 || status === 429 || status >= 500;
  return {
    result: { state, reason: `${url} answered ${status}${to}` },
    ...(passing && { retryAfterMs: (retryAfterS ?? 0) * 1000 }),
  };
}

/** Again and again with growing pauses, as long as the next attempt can still begin before the deadline. */
async function repeat(
  attempt: () => Promise<Attempt>,
  deps: Deps,
  action: Action,
  signal: AbortSignal,
): Promise<ActionResult> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const { result, retryAfterMs } = await attempt();
    if (result.state === 'done' || retryAfterMs === undefined) return result;
    const waitMs = Math.max(pauseMs, retryAfterMs);
    if (deps.clock.steadyUs() + waitMs * 1000 >= action.deadlineUs) return result;
    try {
      await deps.clock.sleep(waitMs, signal);
    } catch {
      return result;
    }
  }
}

function signature(secret: string, nowUs: number, body: Buffer) {
  const t = Math.floor(nowUs / 1e6);
  const v1 = createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex');
  return { 'holdfast-signature': `t=${t},v1=${v1}` };
}

async function headersOf(config: Config): Promise<{ readonly [name: string]: string }> {
  const entries = Object.entries(config.headersEnv);
  return Object.fromEntries(
    await Promise.all(entries.map(async ([name, env]) => [name, await readSecret(name, env, undefined)])),
  );
}

async function caOf(config: Config): Promise<Buffer | undefined> {
  if (config.ca === undefined) return undefined;
  try {
    return await readFile(config.ca);
  } catch (cause) {
    throw new Fault('webhook.bad-file', `ca: ${messageOf(cause)}`, {
      hint: 'Give the path of a PEM file that this process may read.',
      cause,
    });
  }
}
