/** Sparkplug 3.0, 4.1. */
export const NAMESPACE = 'spBv1.0';

/** Message types that a host reads (4.2 to 4.7). */
const TYPES = ['NBIRTH', 'NDEATH', 'NDATA', 'DBIRTH', 'DDEATH', 'DDATA'] as const;
export type MessageType = (typeof TYPES)[number];

export interface Route {
  readonly type: MessageType;
  readonly group: string;
  readonly node: string;
  /** For types that begin with D, and only for them. */
  readonly device: string | undefined;
}

/** What a topic names; undefined where it is none that a node publishes to. */
export function routeOf(topic: string): Route | undefined {
  const [namespace, group, type, node, device, ...rest] = topic.split('/');
  const known = TYPES.find((name) => name === type);
  if (namespace !== NAMESPACE || !known || !group || !node || rest.length > 0) return undefined;
  if (known.startsWith('D') ? !device : device !== undefined) return undefined;
  return { type: known, group, node, device };
}

export const stateTopic = (hostId: string): string => `${NAMESPACE}/STATE/${hostId}`;

export const commandTopic = (group: string, node: string, device: string | undefined): string =>
  device === undefined
    ? `${NAMESPACE}/${group}/NCMD/${node}`
    : `${NAMESPACE}/${group}/DCMD/${node}/${device}`;

/**
 * What the host listens to. Deaths of nodes come as wills with QoS 1 (6.4.24), all else with QoS 0: nothing is kept for
 * a host that is away, and its births tell it all anew.
 */
export function filters(
  groups: readonly string[],
  nodes: readonly string[],
): readonly { readonly topic: string; readonly qos: 0 | 1 }[] {
  const any = (ids: readonly string[]) => (ids.length > 0 ? ids : ['+']);
  return any(groups).flatMap((group) =>
    any(nodes).flatMap((node) =>
      TYPES.map((type) => ({
        topic: `${NAMESPACE}/${group}/${type}/${node}${type.startsWith('D') ? '/+' : ''}`,
        qos: type === 'NDEATH' ? (1 as const) : (0 as const),
      })),
    ),
  );
}
