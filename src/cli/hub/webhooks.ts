import { userInfo } from 'node:os';
import { type FleetCommand, openHub, show } from '#cli/hub/fleet.ts';
import { dim, number, red, table, yellow } from '#cli/text.ts';
import { WebhookRequest } from '#contract/fleet/requests.ts';
import type { KeptWebhook } from '#hub/webhooks/hooks.ts';
import { Fault } from '#kernel/fault.ts';

/* Receivers of events, beside a hub or without it. */

interface AddWebhook extends FleetCommand {
  readonly kind?: readonly string[];
  readonly event?: readonly string[];
  readonly sites?: string;
}

const by = (): string => userInfo().username;

/** Prints the secret alone on standard output, so that it can go into a file. */
export async function addWebhook(
  where: { readonly name: string; readonly url: string },
  options: AddWebhook,
): Promise<void> {
  const { kind: kinds, event: names, sites } = options;
  const asked = WebhookRequest.safeParse({ ...where, kinds, names, sites, by: by() });
  if (!asked.success) {
    const [issue] = asked.error.issues;
    throw new Fault('cli.usage', `${issue?.path.join('.')}: ${issue?.message}`, { retry: 'never' });
  }
  await using fleet = await openHub(options);
  const secret = await fleet.webhooks.add(asked.data, by());
  show(options, { secret }, secret);
  process.stderr.write(`${dim('It stands nowhere else; the receiver checks signatures with it.')}\n`);
}

export async function listWebhooks(options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  const all = await fleet.webhooks.list();
  const rows = all.map((one) => [
    ...[one.name, one.url, eventsText(one), number(one.delivered), number(one.waiting)],
    ...[one.dead, one.dropped].map((events) => (events > 0 ? red(number(events)) : '0')),
    one.paused ? red('its receiver says that it is gone') : yellow(one.error ?? ''),
  ]);
  const none = 'no webhooks: `holdfast hub webhooks add NAME https://…`';
  const heads = ['name', 'url', 'events', 'delivered', 'waiting', 'dead', 'dropped', 'why'];
  show(options, all, all.length === 0 ? none : table(heads, rows));
}

function eventsText({ kinds, names, sites }: KeptWebhook): string {
  const what = [kinds?.join(', '), names?.map((name) => `${name}*`).join(', ')].filter(Boolean).join('; ');
  return `${what || 'all'} of ${sites ?? 'all sites and the hub'}`;
}

export async function remove(name: string, options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  await fleet.webhooks.remove(name, by());
  show(options, {}, `${name} is told nothing any more`);
}

export async function test(name: string, options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  await fleet.webhooks.test(name, by());
  show(
    options,
    {},
    `it is sent by the hub, while one runs; \`holdfast hub webhooks list\` says whether it was taken`,
  );
}

export async function retry(name: string, options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  const events = await fleet.webhooks.retry(name);
  show(options, { events }, `${events} events are sent again`);
}

const MOST_DEAD = 1000;

export async function dead(name: string, options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  const all = await fleet.webhooks.dead(name, MOST_DEAD);
  const rows = all.map((one) => [
    ...[one.made.toISOString().slice(0, 19), one.type, one.event, String(one.attempts), one.error],
  ]);
  show(options, all, all.length === 0 ? 'none' : table(['since', 'type', 'event', 'attempts', 'why'], rows));
}
