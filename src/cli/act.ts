import { userInfo } from 'node:os';
import { SiteClient } from '#cli/client.ts';
import { Exit } from '#cli/fail.ts';
import { above } from '#cli/text.ts';
import type { AlarmStatus, AssetView } from '#contract/api.ts';
import { Fault } from '#kernel/fault.ts';

interface Common {
  readonly data?: string;
  readonly json?: boolean;
}

const print = (text: string) => process.stdout.write(`${text}\n`);
const by = () => userInfo().username;

const ACTS: { readonly [name: string]: string } = {
  acknowledge: 'acknowledge',
  ack: 'acknowledge',
  shelve: 'shelve',
  unshelve: 'unshelve',
  'out-of-service': 'outOfService',
  'return-to-service': 'returnToService',
  reset: 'reset',
  comment: 'comment',
};

export async function alarm(
  name: string,
  id: string,
  options: Common & { readonly for?: string; readonly comment?: string },
): Promise<void> {
  const act = ACTS[name];
  if (!act) {
    const known = Object.keys(ACTS).join(', ');
    throw new Fault('cli.usage', `there is no act "${name}"`, { retry: 'never', hint: `one of ${known}` });
  }
  const site = await SiteClient.find(options.data);
  const forMin = options.for === undefined ? undefined : Number(options.for);
  const body = { id, act, forMin, comment: options.comment, by: by() };
  const after = await site.post<AlarmStatus>('/api/alarms', body);
  print(`${after.id}: ${after.state}`);
}

interface Outcome {
  readonly state: string;
  readonly path: string;
  readonly value: unknown;
  readonly refusal?: string;
  readonly reason?: string;
  readonly readBack?: unknown;
  readonly feedback?: number;
  readonly tookMs: number;
}

/** Exit status 0 only for a write that was sent or confirmed. */
export async function write(
  tag: string,
  text: string,
  options: Common & { readonly why: string; readonly lease?: string },
): Promise<void> {
  const site = await SiteClient.find(options.data);
  const leaseMs = options.lease === undefined ? undefined : Number(options.lease);
  const body = { tag, value: parse(text), why: options.why, leaseMs, by: by() };
  const outcome = await site.post<Outcome>('/api/writes', body);
  if (options.json) print(JSON.stringify(outcome, null, 2));
  else print(sentence(outcome));
  if (outcome.state !== 'confirmed' && outcome.state !== 'sent') process.exitCode = Exit.failed;
}

function sentence({ state, path, value, refusal, reason, readBack, feedback, tookMs }: Outcome): string {
  const why = [refusal, reason].filter(Boolean).join(': ');
  const back = readBack === undefined ? '' : `, read back ${shown(readBack)}`;
  const seen = feedback === undefined ? '' : `, feedback ${feedback}`;
  return `${path} = ${value}: ${state}${why ? ` (${why})` : ''}${back}${seen}, ${Math.round(tookMs)} ms`;
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function parse(text: string): number | boolean | string {
  if (text === 'true' || text === 'false') return text === 'true';
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : text;
}

/** An asset, or all below an area or line. */
export async function asset(
  path: string,
  options: Common & {
    readonly mode?: string;
    readonly tagOut?: boolean;
    readonly removeTagOut?: boolean;
    readonly why?: string;
  },
): Promise<void> {
  const site = await SiteClient.find(options.data);
  const tagOut = options.tagOut ? true : options.removeTagOut ? false : undefined;
  const body = { asset: path, mode: options.mode, tagOut, why: options.why, by: by() };
  const after = await site.post<readonly AssetView[]>('/api/assets', body);
  for (const one of after) {
    const tagOut = one.tagOut ? `, tagged out by ${one.tagOut.by}${above(one.asset, one.tagOut.from)}` : '';
    print(`${one.asset}: ${one.mode}${above(one.asset, one.modeFrom)}${tagOut}`);
  }
}

/** Lets writes leave again although nobody knows what was tagged out. */
export async function withoutState(options: Common & { readonly why: string }): Promise<void> {
  const site = await SiteClient.find(options.data);
  await site.post('/api/without-state', { why: options.why, by: by() });
  print('the site goes on without the state of its last run, and writes to machines again');
}
