import { userInfo } from 'node:os';
import { duration } from '#cli/duration.ts';
import { databaseUrl, hubFolder, keyFile, signer } from '#cli/hub/folder.ts';
import { age, dim, red, table, valueText, yellow } from '#cli/text.ts';
import { openFleet, type SiteIdentity } from '#hub/fleet.ts';
import { Fault } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';

/** Of all commands beside a hub. */
export interface FleetCommand {
  readonly data?: string;
  readonly json?: boolean;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const show = ({ json }: FleetCommand, value: unknown, text: string): void =>
  print(json ? JSON.stringify(value, null, 2) : text);
export const openHub = ({ data }: FleetCommand) =>
  openFleet({ dir: hubFolder(data), url: databaseUrl(), keyFile: keyFile(), signer: signer(), log });

/** Only what people should know; the rest is for the log of the hub. */
const log: Log = {
  debug: () => {},
  info: () => {},
  warn: (detail, message) => note(yellow('warning'), detail, message),
  error: (detail, message) => note(red('error'), detail, message),
};
const note = (what: string, detail: object, message: string): void =>
  void process.stderr.write(`${what}: ${message} ${dim(JSON.stringify(detail))}\n`);

/** Prints the token alone on standard output, so that it can go into a file. */
export async function joinToken(
  options: FleetCommand & { readonly site: string; readonly label?: readonly string[]; readonly ttl: string },
): Promise<void> {
  const { site, label = [], ttl, json } = options;
  const asked = { site, labels: labelsOf(label), ttlMs: duration(ttl, '--ttl'), by: userInfo().username };
  await using fleet = await openHub(options);
  const token = await fleet.joinToken(asked);
  const hub = (await fleet.address()) ?? 'https://THIS-HUB:PORT';
  print(json ? JSON.stringify({ token, hub }, null, 2) : token);
  process.stderr.write(
    `${dim(`It stands nowhere else, lets one box in, and ends after ${ttl}. At the box:\n  holdfast edge join ${hub} TOKEN`)}\n`,
  );
}

function labelsOf(texts: readonly string[]): Record<string, string> {
  const pairs = texts.map((text) => {
    const [, name, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
    if (name !== undefined && value !== undefined) return [name, value];
    throw new Fault('cli.usage', `--label ${text}: not a label`, {
      retry: 'never',
      hint: 'write region=north',
    });
  });
  return Object.fromEntries(pairs);
}

export async function sites(options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  const all = await fleet.sites();
  const nowUs = Date.now() * 1000;
  const rows = all.map((one) => [
    one.id,
    stateText(one),
    Object.entries(one.labels)
      .map((label) => label.join('='))
      .join(' '),
    one.seenUs === undefined ? 'never' : `${age((nowUs - one.seenUs) / 1000)} ago`,
    new Date(one.validToUs / 1000).toISOString().slice(0, 10),
  ]);
  const none = 'no sites yet: `holdfast hub join-token --site NAME` lets the first one in';
  show(
    options,
    all,
    rows.length === 0 ? none : table(['site', 'identity', 'labels', 'seen', 'valid to'], rows),
  );
}

function stateText({ state, why }: SiteIdentity): string {
  if (state === 'active') return state;
  const text = why === undefined ? state : `${state}: ${why}`;
  return state === 'expired' ? yellow(text) : red(text);
}

export async function events(
  options: FleetCommand & { readonly site?: string; readonly most: string },
): Promise<void> {
  const most = Number(options.most);
  if (!(Number.isInteger(most) && most > 0)) {
    throw new Fault('cli.usage', `--most ${options.most}: not a number`, {
      retry: 'never',
      hint: 'write 100',
    });
  }
  await using fleet = await openHub(options);
  const all = await fleet.events({ most, site: options.site });
  const rows = all.map(({ timeUs, name, subject, by, detail = {} }) => [
    new Date(timeUs / 1000).toISOString().slice(0, 19),
    name,
    subject,
    by ?? '',
    Object.entries(detail)
      .map(([key, value]) => `${key}=${valueText(value)}`)
      .join(' '),
  ]);
  show(options, all, all.length === 0 ? 'no events' : table(['time', 'event', 'of', 'by', 'detail'], rows));
}

export async function endNats(options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  const since = await fleet.endPassing();
  const text = since
    ? `samples, passed on since ${since.toISOString()}, are passed on no more. Start no hub with \`nats:\` in its configuration, or it begins anew`
    : 'samples were not passed on';
  show(options, { since: since ?? null }, text);
}

export async function restored(options: FleetCommand & { readonly for: string }): Promise<void> {
  await using fleet = await openHub(options);
  const until = await fleet.adopt({ forMs: duration(options.for, '--for'), by: userInfo().username });
  show(
    options,
    { until },
    `certificates of known sites that are not in the database are taken up until ${until.toISOString()}`,
  );
}

export async function reseal(options: FleetCommand & { readonly to: string }): Promise<void> {
  await using fleet = await openHub(options);
  const keys = await fleet.reseal(options.to, userInfo().username);
  const text =
    keys > 0
      ? `${keys} keys are sealed with what is in ${options.to}: HOLDFAST_HUB_KEY_FILE names it from now on, for every hub`
      : `all keys were sealed with what is in ${options.to} already`;
  show(options, { keys }, text);
}

export async function newIssuer(options: FleetCommand & { readonly rootKey: string }): Promise<void> {
  await using fleet = await openHub(options);
  const serial = await fleet.replaceIssuing(options.rootKey, userInfo().username);
  const where = signer() === undefined ? 'in the database' : 'where HOLDFAST_HUB_SIGNER signs with it';
  show(
    options,
    { serial },
    `certificates are issued by another key from now on, ${where}. Lock ${options.rootKey} up again; start the hubs`,
  );
}

export async function end(
  how: 'revoke' | 'retire',
  site: string,
  options: FleetCommand & { readonly why: string },
): Promise<void> {
  await using fleet = await openHub(options);
  const state = how === 'revoke' ? 'revoked' : 'retired';
  const identities = await fleet.end(site, state, { by: userInfo().username, why: options.why });
  show(options, { site, state, identities }, `${site} is ${state}; its connections are cut`);
}
