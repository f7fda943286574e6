import { userInfo } from 'node:os';
import { readPassword } from '#cli/access/password.ts';
import { duration } from '#cli/duration.ts';
import { type FleetCommand, openHub, show } from '#cli/hub/fleet.ts';
import { dim, table } from '#cli/text.ts';
import { LabelExpression } from '#contract/fleet/labels.ts';
import type { Grant } from '#hub/people/rows.ts';
import { Fault } from '#kernel/fault.ts';
import { ROLES } from '#kernel/rights.ts';

/* Users and API tokens of the hub, beside it or without it. */

interface Granting extends FleetCommand {
  readonly grant: readonly string[];
}

const by = (): string => userInfo().username;
const day = (date: Date): string => date.toISOString().slice(0, 10);

/** `role`, or `role:label expression`. */
function grantsOf(texts: readonly string[]): Grant[] {
  return texts.map((text) => {
    const [, name, sites] = /^([a-z]+)(?::(.+))?$/s.exec(text) ?? [];
    const role = ROLES.find((one) => one === name);
    const isGroup = sites === undefined || LabelExpression.safeParse(sites).success;
    if (role && isGroup) return { role, ...(sites !== undefined && { sites }) };
    throw new Fault('cli.usage', `--grant ${text}: ${role ? 'no label expression' : 'no role'}`, {
      retry: 'never',
      hint: `write one of ${ROLES.join(', ')}; for a group of sites with labels, such as operator:region=north`,
    });
  });
}

const grantText = (grants: readonly Grant[]): string =>
  grants.map(({ role, sites }) => `${role} of ${sites ?? 'the whole fleet'}`).join('; ');

export async function listUsers(options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  const all = (await fleet.people.list()).map(({ name, grants, created, changed }) => ({
    name,
    grants,
    created,
    changed,
  }));
  const rows = all.map((one) => [one.name, grantText(one.grants), day(one.created), day(one.changed)]);
  const none = 'no users yet: `holdfast hub users add NAME --grant administrator`';
  show(options, all, all.length === 0 ? none : table(['name', 'may', 'since', 'changed'], rows));
}

export async function addUser(
  name: string,
  options: Granting & { readonly passwordFile?: string },
): Promise<void> {
  const grants = grantsOf(options.grant);
  const password = await readPassword(options.passwordFile, name);
  await using fleet = await openHub(options);
  await fleet.people.add({ name, grants, password }, by());
  show(options, { name, grants }, `${name}: ${grantText(grants)}`);
}

export async function grant(name: string, options: Granting): Promise<void> {
  const grants = grantsOf(options.grant);
  await using fleet = await openHub(options);
  await fleet.people.setGrants(name, grants, by());
  show(options, { name, grants }, `${name}: ${grantText(grants)}`);
}

export async function password(
  name: string,
  options: FleetCommand & { readonly passwordFile?: string },
): Promise<void> {
  const next = await readPassword(options.passwordFile, name);
  await using fleet = await openHub(options);
  await fleet.people.setPassword(name, next, by());
  show(options, { name }, `${name} has another password; his sessions have ended`);
}

export async function removeUser(name: string, options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  await fleet.people.remove(name, by());
  show(options, {}, `${name} is removed`);
}

/** Prints the token alone on standard output, so that it can go into a file. */
export async function createToken(
  options: Granting & { readonly name: string; readonly expires?: string },
): Promise<void> {
  const { name, expires } = options;
  const grants = grantsOf(options.grant);
  const validForMs = expires === undefined ? undefined : duration(expires, '--expires');
  await using fleet = await openHub(options);
  const token = await fleet.tokens.create({ name, grants, validForMs }, by());
  show(options, { token }, token);
  process.stderr.write(`${dim('It stands nowhere else: keep it where its program finds it.')}\n`);
}

export async function listTokens(options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  const all = (await fleet.tokens.list()).map(({ digest: _, ...one }) => one);
  const rows = all.map((one) => [
    ...[one.name, grantText(one.grants), one.by, day(one.created)],
    one.expires ? day(one.expires) : 'no end',
  ]);
  show(options, all, all.length === 0 ? 'no tokens' : table(['name', 'may', 'by', 'since', 'ends'], rows));
}

export async function revokeToken(name: string, options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  await fleet.tokens.revoke(name, by());
  show(options, {}, `${name} opens nothing any more`);
}
