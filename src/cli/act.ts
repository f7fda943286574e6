import { userInfo } from 'node:os';
import { SiteClient } from '#cli/client.ts';
import { milliseconds, minutes } from '#cli/duration.ts';
import { Exit } from '#cli/fail.ts';
import { above } from '#cli/text.ts';
import type { OperateAlarmBody, WriteResult } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';

interface Common {
  readonly data?: string;
  readonly json?: boolean;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const by = () => userInfo().username;

const ACTS: { readonly [name: string]: OperateAlarmBody['act'] } = {
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
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined;
  if (!act) {
    const known = Object.keys(ACTS).join(', ');
    throw new Fault('cli.usage', `there is no act "${name}"`, { retry: 'never', hint: `one of ${known}` });
  }
  const forMin = options.for === undefined ? undefined : minutes(options.for, '--for');
  if (act === 'shelve' && forMin === undefined) {
    const hint = 'say for how long: --for 30m, or a number of minutes';
    throw new Fault('cli.usage', 'shelving needs an end', { retry: 'never', hint });
  }
  if (act === 'comment' && !options.comment) {
    throw new Fault('cli.usage', 'which comment?', { retry: 'never', hint: 'give it with --comment' });
  }
  const site = await SiteClient.find(options.data);
  const body = { id, act, forMin, comment: options.comment, by: by() };
  const after = await site.api.operateAlarm(body);
  print(options.json ? JSON.stringify(after, null, 2) : `${after.id}: ${after.state}`);
}

/** Exit status 0 only for a write that was sent or confirmed. */
export async function write(
  tag: string,
  text: string,
  options: Common & { readonly why: string; readonly lease?: string },
): Promise<void> {
  const leaseMs = options.lease === undefined ? undefined : milliseconds(options.lease, '--lease');
  const site = await SiteClient.find(options.data);
  const body = { tag, value: parse(text), why: options.why, leaseMs, by: by() };
  const outcome = await site.api.write(body);
  if (options.json) print(JSON.stringify(outcome, null, 2));
  else print(sentence(outcome));
  if (outcome.state !== 'confirmed' && outcome.state !== 'sent') process.exitCode = Exit.failed;
}

function sentence({ state, path, value, refusal, reason, readBack, feedback, tookMs }: WriteResult): string {
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
    readonly mode?: 'local' | 'remote' | 'outOfService';
    readonly tagOut?: boolean;
    readonly removeTagOut?: boolean;
    readonly why?: string;
  },
): Promise<void> {
  const site = await SiteClient.find(options.data);
  const tagOut = options.tagOut ? true : options.removeTagOut ? false : undefined;
  const body = { asset: path, mode: options.mode, tagOut, why: options.why, by: by() };
  const after = await site.api.setAsset(body);
  if (options.json) return print(JSON.stringify(after, null, 2));
  for (const one of after) {
    const tagOut = one.tagOut ? `, tagged out by ${one.tagOut.by}${above(one.asset, one.tagOut.from)}` : '';
    print(`${one.asset}: ${one.mode}${above(one.asset, one.modeFrom)}${tagOut}`);
  }
}

/** Lets writes leave again although nobody knows what was tagged out. */
export async function withoutState(options: Common & { readonly why: string }): Promise<void> {
  const site = await SiteClient.find(options.data);
  await site.api.withoutState({ why: options.why, by: by() });
  if (options.json) print(JSON.stringify({ withoutState: true }, null, 2));
  else print('the site goes on without the state of its last run, and writes to machines again');
}
