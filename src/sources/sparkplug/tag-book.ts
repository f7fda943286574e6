import { createHash } from 'node:crypto';
import { Fault } from '#kernel/fault.ts';
import { glob } from '#kernel/glob.ts';
import type { Tag, TagInfo } from '#kernel/tag-table.ts';
import type { Deps, Point } from '#plugin/api.ts';
import { EventRate } from '#plugin/event-rate.ts';
import { type BornMetric, isOwn } from './born.ts';
import type { Address, Config, Discover } from './config.ts';
import { type Target, targetOf } from './rows.ts';
import type { Unit } from './unit.ts';

interface Discovery {
  readonly entry: Discover;
  readonly matches: (unit: Unit, metric: string) => boolean;
  made: number;
}

/** Which metrics are tags: those of the site file, and those that births bring and an entry of `discover` takes. */
export class TagBook {
  readonly #deps: Deps;
  /** By unit, then by metric. */
  #points = new Map<string, Map<string, Target>>();
  #discoveries: readonly Discovery[] = [];
  /** Path of every tag made in this session, by what it stands for, and the other way round. */
  readonly #paths = new Map<string, string>();
  readonly #owners = new Map<string, string>();
  readonly #found: EventRate;
  readonly #conflicts: EventRate;
  readonly #refused: EventRate;

  constructor(config: Config, deps: Deps) {
    this.#deps = deps;
    this.#found = new EventRate(deps, { kind: 'security', name: 'security.new-talker' });
    this.#conflicts = new EventRate(deps, { kind: 'security', name: 'security.tag-conflict' });
    this.#refused = new EventRate(deps, { kind: 'system', name: 'sparkplug.metric-ignored' });
    this.use(config, deps.points as readonly Point<Address>[]);
  }

  /** Takes other points and other rules of discovery; bind what was born anew afterwards. */
  use(config: Config, points: readonly Point<Address>[]): void {
    const before = new Map(this.#discoveries.map(({ entry, made }) => [JSON.stringify(entry), made]));
    this.#discoveries = config.discover.map((entry) => ({
      entry,
      matches: matcher(entry),
      made: before.get(JSON.stringify(entry)) ?? 0,
    }));
    this.#points = new Map();
    for (const { tag, address } of points) {
      if (tag.access === 'write') continue;
      const key = unitKey(address.group, address.node, address.device);
      const metrics = this.#points.get(key) ?? new Map<string, Target>();
      this.#points.set(key, metrics.set(address.metric, targetOf(tag)));
    }
  }

  /** Whether tags are read from a node, or births of it might bring some. */
  wants({ group, node }: Unit): boolean {
    const prefix = `${group}/${node}/`;
    if (this.#points.keys().some((key) => key.startsWith(prefix))) return true;
    return this.#discoveries.some(({ entry }) => glob(entry.group)(group) && glob(entry.node)(node));
  }

  /** Tags that the site file has at a node or device, whether it was born or not. */
  pointsOf({ group, node, device }: Unit): readonly number[] {
    return [...(this.#points.get(unitKey(group, node, device))?.values() ?? [])].map(({ tag }) => tag);
  }

  /**
   * Gives the slots of a unit their tags, and the unit all of its tags.
   * @returns tags of points whose metric the birth does not have
   */
  bind(unit: Unit): readonly number[] {
    const key = unitKey(unit.group, unit.node, unit.device);
    const points = this.#points.get(key);
    const tags = new Set(this.pointsOf(unit));
    const news: string[] = [];
    // In the order of names, so that of two that make the same path the same one has it each time.
    const slots = [...unit.slots].sort((a, b) => (a.metric.name < b.metric.name ? -1 : 1));
    const missing = new Set(tags);
    for (const slot of slots) {
      slot.to = points?.get(slot.metric.name) ?? this.#discover(unit, key, slot.metric, news);
      if (!slot.to) continue;
      tags.add(slot.to.tag);
      missing.delete(slot.to.tag);
    }
    unit.tags = [...tags];
    if (news.length > 0) {
      this.#found.tell(subjectOf(unit), { tags: news.slice(0, MOST_TOLD), count: news.length });
    }
    return [...missing];
  }

  #discover(unit: Unit, key: string, metric: BornMetric, news: string[]): Target | undefined {
    if (!isOwn(metric)) return undefined;
    const discovery = this.#discoveries.find(({ matches }) => matches(unit, metric.name));
    if (!discovery) return undefined;
    const identity = `${key}${metric.name}`;
    const known = this.#paths.get(identity);
    const reason = refusal(discovery, metric, known);
    if (reason !== undefined || metric.type === undefined) {
      this.#refused.tell(`${subjectOf(unit)}/${metric.name}`, { reason: reason ?? '' });
      return undefined;
    }
    const path = known ?? this.#pathOf(discovery.entry, unit, metric.name, identity);
    const tag = this.#declare(infoOf(path, metric), unit);
    if (!tag) return undefined;
    if (known === undefined) {
      discovery.made++;
      this.#paths.set(identity, path);
      this.#owners.set(path, identity);
      news.push(path);
    }
    return targetOf(tag);
  }

  /** Names that differ only in what a path cannot hold get a number that stays the same over restarts. */
  #pathOf({ tag }: Discover, unit: Unit, metric: string, identity: string): string {
    const path = tagPath(tag, unit, metric);
    const owner = this.#owners.get(path);
    if (owner === undefined || owner === identity) return path;
    return `${path}_${createHash('sha256').update(identity).digest('hex').slice(0, 8)}`;
  }

  /** @throws what declaring throws, but for a path of somebody else: that is told, and no tag */
  #declare(info: TagInfo, unit: Unit): Tag | undefined {
    try {
      return this.#deps.tags.declare(info);
    } catch (error) {
      if (!(error instanceof Fault && error.code === 'tag.owned')) throw error;
      this.#conflicts.tell(subjectOf(unit), { reason: error.message });
      return undefined;
    }
  }
}

/** Paths named in one event: a birth may bring thousands. */
const MOST_TOLD = 20;

function refusal(discovery: Discovery, metric: BornMetric, known: string | undefined): string | undefined {
  if (metric.type === undefined) return `data type ${metric.datatype} makes no tag`;
  const { made, entry } = discovery;
  if (known === undefined && made >= entry.limit)
    return `discover '${entry.tag}' made its ${entry.limit} tags`;
  return undefined;
}

const infoOf = (path: string, { type, unit, range, description }: BornMetric): TagInfo => ({
  path,
  type: type as TagInfo['type'],
  access: 'read',
  ...(description !== undefined && { description }),
  ...(unit !== undefined && { unit }),
  ...(range !== undefined && type === 'number' && { range }),
});

export const unitKey = (group: string, node: string, device: string | undefined): string =>
  `${group}/${node}/${device ?? ''}/`;

export const subjectOf = ({ group, node, device }: Unit): string =>
  device === undefined ? `${group}/${node}` : `${group}/${node}/${device}`;

function matcher({ group, node, device, metric }: Discover): Discovery['matches'] {
  const [isGroup, isNode, isDevice, isMetric] = [group, node, device, metric].map(glob);
  return (unit, name) =>
    isGroup?.(unit.group) === true &&
    isNode?.(unit.node) === true &&
    isDevice?.(unit.device ?? '') === true &&
    isMetric?.(name) === true;
}

/** In the rules of the namespace: lower-case letters, digits, _ and -, a letter first. */
export function tagPath(template: string, { group, node, device }: Unit, metric: string): string {
  const parts: { readonly [part: string]: string } = { group, node, device: device ?? '', metric };
  const path = template
    .replace(/\{device\}\/|\/\{device\}$/g, (all) => (device === undefined ? '' : all))
    .replace(/\{(\w+)\}/g, (_, part: string) => parts[part] ?? '')
    .toLowerCase()
    .split('/')
    .map((segment) => segment.replace(/[^a-z0-9_-]/g, '_') || '_')
    .join('/');
  return /^[a-z]/.test(path) ? path : `t${path}`;
}
