import { among, type Expanded } from '#contract/expand.ts';
import { check } from '#contract/explain.ts';
import type { Finding } from '#contract/findings.ts';
import type { PeerModel, TagModel } from '#contract/model.ts';
import type { PluginSection, Plugins, SinkKind, SourceKind } from '#contract/plugins.ts';
import type { SourceEntry } from '#contract/site.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Tag, TagInfo } from '#kernel/tag-table.ts';

type Add = (finding: Finding) => void;

/** A source, actuator or sink with what its schema made of the configuration. */
export interface Peer {
  readonly model: PeerModel;
  /** Undefined when the schema refused it: its tags are checked all the same. */
  readonly config: unknown;
}

interface PeerOptions {
  readonly section: PluginSection;
  readonly plugins: Plugins;
  readonly schema: typeof SourceEntry;
  readonly add: Add;
}

/** Checks the entries of a section against the schemas of their kinds. Entries of unknown kind have no peer. */
export function checkPeers(
  entries: { readonly [id: string]: unknown },
  options: PeerOptions,
): Map<string, Peer> {
  const { section, plugins, schema, add } = options;
  const kinds: { readonly [kind: string]: SinkKind } = plugins[section];
  const peers = new Map<string, Peer>();
  for (const [id, raw] of Object.entries(entries)) {
    const where = [section, id];
    const entry = check(schema, raw, { where, add });
    if (!entry) continue;
    const { kind, ...written } = entry;
    const plugin = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
    if (!plugin) {
      const what = section.slice(0, -1);
      add({
        where: [...where, 'kind'],
        message: `there is no ${what} of kind ${kind}`,
        hint: among(kind, plugins.names?.[section] ?? Object.keys(kinds), 'kinds'),
      });
      continue;
    }
    const config = check(plugin.config, written, { where, add });
    peers.set(id, { model: { id, kind, config: written, where }, config });
  }
  return peers;
}

/** Every tag's source and address; then what each plugin says of all its points together. */
export function checkPoints(
  site: Expanded,
  sources: ReadonlyMap<string, Peer>,
  entries: { readonly [id: string]: unknown },
  plugins: Plugins,
  add: Add,
): void {
  const points = new Map<string, { readonly tag: Tag; readonly address: unknown }[]>();
  let number = 0;
  for (const tag of site.tags.values()) {
    if (tag.source === undefined || tag.derive !== undefined) continue;
    const source = sources.get(tag.source);
    if (!source) {
      if (!Object.hasOwn(entries, tag.source)) {
        const hint = among(tag.source, Object.keys(entries), 'sources');
        add({
          where: [...tag.where, 'source'],
          message: `there is no source ${tag.source}`,
          hint,
          asset: tag.asset,
        });
      }
      continue;
    }
    const address = checkAddress(tag, plugins.sources[source.model.kind]?.address, add);
    if (address === undefined) continue;
    const list = points.get(tag.source) ?? [];
    list.push({ tag: { ...infoOf(tag), number: number++ }, address });
    points.set(tag.source, list);
  }
  for (const [id, source] of sources) {
    const plugin = plugins.sources[source.model.kind];
    if (plugin && source.config !== undefined) pluginCheck(plugin, source, points.get(id) ?? [], site, add);
  }
}

function checkAddress(tag: TagModel, schema: SourceKind['address'], add: Add): unknown {
  const where = [...tag.where, 'address'];
  if (tag.address !== undefined && schema)
    return check(schema, tag.address, { where, add, asset: tag.asset });
  if (schema) {
    const message = `the tag ${tag.path} has a source but no address`;
    add({
      where: tag.where,
      end: 'key',
      message,
      hint: `add \`address:\` as source ${tag.source} needs it`,
      asset: tag.asset,
    });
  } else if (tag.address !== undefined) {
    add({
      where,
      end: 'key',
      message: `tags of source ${tag.source} have no address`,
      hint: 'remove it',
      asset: tag.asset,
    });
  }
  return undefined;
}

/** What the tag table holds of a tag. */
export function infoOf(tag: TagModel): TagInfo {
  const { path, type, access, description, unit, range, states } = tag;
  return {
    path,
    type,
    access,
    ...(description !== undefined && { description }),
    ...(unit !== undefined && { unit }),
    ...(range !== undefined && { range }),
    ...(states !== undefined && { states }),
  };
}

function pluginCheck(
  plugin: SourceKind,
  source: Peer,
  points: readonly { tag: Tag; address: unknown }[],
  site: Expanded,
  add: Add,
): void {
  try {
    for (const { tag: path, message, hint } of plugin.check?.(source.config, points) ?? []) {
      const tag = path === undefined ? undefined : site.tags.get(path);
      if (tag) add({ where: [...tag.where, 'address'], message, hint, asset: tag.asset });
      else add({ where: source.model.where, end: 'key', message, hint });
    }
  } catch (error) {
    add({
      where: source.model.where,
      end: 'key',
      message: `this source could not be checked: ${messageOf(error)}`,
    });
  }
}
