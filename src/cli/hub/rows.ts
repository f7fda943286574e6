import { userInfo } from 'node:os';
import { duration } from '#cli/duration.ts';
import { type FleetCommand, openHub, show } from '#cli/hub/fleet.ts';
import { table } from '#cli/text.ts';
import { LabelExpression } from '#contract/fleet/labels.ts';
import { Fault } from '#kernel/fault.ts';

interface AddRows extends FleetCommand {
  readonly tags: readonly string[];
  readonly sites?: string;
  readonly past?: string;
}

export async function addRows(name: string, options: AddRows): Promise<void> {
  const { tags, sites, past } = options;
  if (sites !== undefined && !LabelExpression.safeParse(sites).success)
    throw new Fault('cli.usage', `--sites ${sites}: no label expression`, {
      retry: 'never',
      hint: 'write region=north',
    });
  const forMs = past === undefined ? undefined : duration(past, '--past');
  const choice = { name, tags, ...(sites !== undefined && { sites }) };
  await using fleet = await openHub(options);
  await fleet.rows.add(choice, { by: userInfo().username, forMs });
  show(
    options,
    choice,
    `${name}: ${tags.join(', ')} of ${sites ?? 'all sites'} are in the view samples, within seconds`,
  );
}

export async function listRows(options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  const all = await fleet.rows.list();
  const rows = all.map(({ name, tags, sites, by, made, fillFrom }) => [
    ...[name, tags.join(' '), sites ?? 'all', by, made.toISOString().slice(0, 10)],
    fillFrom ? `being copied since ${fillFrom.toISOString().slice(0, 10)}` : '',
  ]);
  const none = "nothing is chosen: `holdfast hub rows add NAME --tags 'press/*'`";
  show(options, all, all.length === 0 ? none : table(['name', 'tags', 'sites', 'by', 'since', 'past'], rows));
}

export async function removeRows(name: string, options: FleetCommand): Promise<void> {
  await using fleet = await openHub(options);
  await fleet.rows.remove(name);
  show(options, {}, `${name} is copied no more`);
}
