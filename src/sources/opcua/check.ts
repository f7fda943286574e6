import type { Finding, Point } from '#plugin/api.ts';
import type { Address } from './address.ts';
import type { Config } from './config.ts';

/** What the schemas cannot see. */
export function check(config: Config, points: readonly Point<Address>[]): readonly Finding[] {
  const found: Finding[] = [];
  const { security, user, keepAliveMs, publishMs, sessionTimeoutMs } = config;
  if (security.mode === 'none' && config.serverFingerprints.length > 0 && user === undefined)
    found.push({
      message: 'security is none, so that serverFingerprints protect nothing',
      hint: 'Set security: {mode: signAndEncrypt}, or take the fingerprints away.',
    });
  if (keepAliveMs < publishMs)
    found.push({
      message: `keepAliveMs ${keepAliveMs} is below publishMs ${publishMs}`,
      hint: 'A server shows that it lives when it publishes at the earliest: raise keepAliveMs.',
    });
  if (sessionTimeoutMs < 2 * keepAliveMs)
    found.push({
      message: `sessionTimeoutMs ${sessionTimeoutMs} is below twice keepAliveMs`,
      hint: 'The server would drop sessions that are merely quiet: raise sessionTimeoutMs.',
    });
  const publishes = ((config.conditions ? 2 : 1) * 1000) / publishMs;
  if (publishes > config.requestsPerS / 2)
    found.push({
      message: `publishMs ${publishMs} asks for ${Math.ceil(publishes)} publishings a second, more than half of requestsPerS ${config.requestsPerS}`,
      hint: 'Raise publishMs, or requestsPerS where the server is known to bear it.',
    });
  return [...found, ...points.flatMap(pointFindings)];
}

function pointFindings({ tag, address }: Point<Address>): readonly Finding[] {
  const found: Finding[] = [];
  const add = (message: string, hint: string) => found.push({ tag: tag.path, message, hint });
  if (address.method !== undefined) {
    if (tag.access !== 'write') add('a method is called, never read', 'Set access: write.');
    if (address.deadband ?? address.field ?? address.sampleMs ?? address.queue)
      add('a method has no deadband, field, sampleMs or queue', 'Take them away.');
  } else if (address.object ?? address.inputs) {
    add('object and inputs belong to a method', 'Name the method, or take them away.');
  }
  if (address.deadband && (tag.type !== 'number' || address.field !== undefined))
    add('a deadband needs a number that is a whole value', 'Take deadband away, or set type: number.');
  if (tag.access !== 'read' && address.field !== undefined && !/^\[\d+\]$/.test(address.field))
    add('a part of a structure cannot be written', 'Set access: read, or write one element: field: "[0]".');
  return found;
}
