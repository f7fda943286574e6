import type { Value } from '#kernel/batch.ts';
import type { Command, WriteResult } from '#kernel/command.ts';
import { valueToJson } from '#kernel/event.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Deps, Point } from '#plugin/api.ts';
import { expiryS } from '#wire/mqtt/command.ts';
import { confirmation } from '#wire/mqtt/confirmation.ts';
import type { Session } from '#wire/mqtt/session.ts';
import type { Address, Config } from './config.ts';

/**
 * Publishes the value of a command. `sent` is what a broker can say at most: it took the message; whether a device
 * acted on it, only a feedback tag tells. Never sent twice, never after the deadline.
 */
export async function writePoint(
  command: Command,
  session: Session,
  config: Config,
  deps: Deps,
  signal: AbortSignal,
): Promise<WriteResult> {
  const point = (deps.points as readonly Point<Address>[]).find((p) => p.tag.number === command.tag);
  const write = point?.address.write;
  if (!point || !write) return { state: 'failed', reason: 'the tag has no topic to write to' };
  if (deps.clock.steadyUs() >= command.deadlineUs)
    return { state: 'failed', reason: 'too late: its time to live was over' };
  const payload = Buffer.from(payloadOf(command.raw, point, write.template));
  const startedUs = deps.clock.steadyUs();
  const { retain, qos } = write;
  let answer: Promise<number> | undefined;
  try {
    answer = session.publish({
      topic: Buffer.from(write.topic),
      payload,
      qos,
      retain,
      // A broker may keep it for a device that is away, and would hand it on hours later.
      expiryS: expiryS(command.deadlineUs, startedUs),
    });
  } catch (error) {
    return { state: 'failed', reason: messageOf(error) };
  }
  if (!answer) return { state: 'sent', reason: 'QoS 0: nobody confirms it' };
  const result = await confirmation(answer, config.writeTimeoutMs, deps.clock, signal, false);
  deps.load.request((deps.clock.steadyUs() - startedUs) / 1000, loadOutcome(result.state));
  return result.state === 'done' ? { state: 'sent' } : { state: result.state, reason: result.reason };
}

const loadOutcome = (state: string) =>
  state === 'done' ? 'ok' : state === 'unknown' ? 'timeout' : 'refused';

/** The value as the tag's type has it: booleans as true and false, 64-bit integers as digits. */
export function payloadOf(
  raw: number | Value,
  { tag }: Pick<Point, 'tag'>,
  template: string | undefined,
): string {
  const value = tag.type === 'boolean' && typeof raw === 'number' ? raw !== 0 : raw;
  const json = typeof value === 'bigint' ? value.toString() : JSON.stringify(valueToJson(value));
  if (template === undefined) return typeof value === 'string' ? value : json;
  return template.replaceAll('{{value}}', () => json);
}
