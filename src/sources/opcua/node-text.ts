import type { NodeId } from 'node-opcua-client';

/** `ns=2;s=Line1`, as this session knows it; without the URI that an ExpandedNodeId may bring along. */
export const plain = (node: NodeId): string => `ns=${node.namespace};${idOf(node)}`;

/**
 * `nsu=urn:x;s=Line1`: survives a server that numbers its namespaces anew. The standard's own nodes stay `ns=0`.
 * @param namespaces URIs by index
 */
export function lasting(node: NodeId | string, namespaces: readonly string[]): string {
  const text = typeof node === 'string' ? node : plain(node);
  const [, index = '', id = ''] = /^ns=(\d+);(.*)$/s.exec(text) ?? [];
  const uri = namespaces[Number(index)];
  return index === '0' || !uri ? text : `nsu=${escaped(uri)};${id}`;
}

/** OPC UA Part 6, 5.1.12: semicolons and percent signs of the URI are escaped. */
const escaped = (uri: string): string => uri.replaceAll('%', '%25').replaceAll(';', '%3B');

/** The part behind the namespace: `i=85`, `s=Line1`, `g=…`, `b=…` (OPC UA Part 6, 5.3.1.10). */
function idOf({ identifierType, value }: NodeId): string {
  if (identifierType === 1) return `i=${value}`;
  if (identifierType === 2) return `s=${value}`;
  if (identifierType === 3) return `g=${value}`;
  return `b=${(value as Buffer).toString('base64')}`;
}
