import type { FleetAnswered } from '#contract/fleet/table.ts';
import type { FleetSite } from './sites.ts';

/** Label that says where people reach a site: `host` or `host:port`. The hub itself never dials one. */
const ADDRESS = 'address';

/** Sites as Prometheus takes them from HTTP service discovery; those without an address are none of its targets. */
export const targetsOf = (sites: readonly FleetSite[]): FleetAnswered<'targets'>[] =>
  sites.flatMap(({ id, labels: { [ADDRESS]: address, ...labels }, identity }) =>
    address === undefined || identity === 'retired'
      ? []
      : [{ targets: [address], labels: { ...prometheusLabels(labels), site: id } }],
  );

/** Names as Prometheus has them; `__meta_…` is for relabelling and goes by itself. */
const prometheusLabels = (labels: FleetSite['labels']): FleetSite['labels'] =>
  Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [`__meta_holdfast_label_${plainName(name)}`, value]),
  );

/**
 * Sites as an inventory script of Ansible prints them: a group for each label with its value, and for each state.
 * Retired ones are in none.
 */
export function inventoryOf(sites: readonly FleetSite[]): FleetAnswered<'inventory'> {
  const groups = new Map<string, string[]>();
  const hostvars: { [site: string]: object } = {};
  for (const { id, labels, state, identity, software } of sites) {
    if (identity === 'retired') continue;
    const names = Object.entries(labels)
      .filter(([name]) => name !== ADDRESS)
      .map(([name, value]) => plainName(`${name}_${value}`));
    for (const name of new Set([...names, `state_${state}`])) {
      const hosts = groups.get(name);
      if (hosts) hosts.push(id);
      else groups.set(name, [id]);
    }
    const address = labels[ADDRESS]?.replace(/:\d+$/, '');
    hostvars[id] = {
      ...(address !== undefined && { ansible_host: address }),
      holdfast_labels: labels,
      holdfast_state: state,
      ...(software !== undefined && { holdfast_version: software }),
    };
  }
  const named = Object.fromEntries([...groups].map(([name, hosts]) => [name, { hosts }]));
  return { ...named, all: { hosts: Object.keys(hostvars) }, _meta: { hostvars } };
}

/** What both take as a name: letters, digits, and underscores for all else. */
const plainName = (text: string): string => text.replaceAll(/[^A-Za-z0-9_]/g, '_');
