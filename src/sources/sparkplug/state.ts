import type { Will } from '#wire/mqtt/protocol.ts';
import { stateTopic } from './topic.ts';

/** What the host says of itself: retained, QoS 1, JSON (Sparkplug 3.0, 6.4.25). Times are ms since 1970. */
const stateText = (online: boolean, timestamp: number): string => JSON.stringify({ online, timestamp });

/** For CONNECT; the birth that follows carries the same time, so that both are known to belong together. */
export const stateWill = (hostId: string, timestamp: number): Will => ({
  topic: stateTopic(hostId),
  payload: stateText(false, timestamp),
  qos: 1,
  retain: true,
});

export const stateMessage = (hostId: string, online: boolean, timestamp: number) => ({
  topic: Buffer.from(stateTopic(hostId)),
  payload: Buffer.from(stateText(online, timestamp)),
  qos: 1 as const,
  retain: true,
});

/** Whether somebody says of us that we are away. */
export function saysOffline(payload: Uint8Array): boolean {
  try {
    const said: unknown = JSON.parse(new TextDecoder().decode(payload));
    return typeof said === 'object' && said !== null && 'online' in said && said.online === false;
  } catch {
    return false;
  }
}
