import type { WriteOutcome } from '#guard/api.ts';
import type { Flight } from '#guard/flight.ts';
import { type Lease, sameAsker } from '#guard/leases.ts';
import { ownValue } from '#guard/values.ts';
import type { Asker, WriteResult } from '#kernel/command.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** What every record of a write says: which one, to what, by whom, why. */
export function concerning({ command, tag }: Flight): Omit<WriteOutcome, 'state' | 'tookMs'> {
  const { id, value, by, why } = command;
  return { id, tag: tag.tag, path: tag.path, value, by, why };
}

/** Says in the record that somebody else's lease was taken over. */
export function takeOver(before: Lease | undefined, by: Asker): { readonly reason?: string } {
  const taken = before && before.attempts === 0 && by.kind !== 'lease' && !sameAsker(before.by, by);
  return taken ? { reason: `takes over the lease of ${before.by.kind} ${before.by.name}` } : {};
}

/** What the device says of the value, as the tag has it. */
export function readBackOf({ tag, answer }: Flight): Pick<WriteOutcome, 'readBack'> {
  return answer?.readBack === undefined ? {} : { readBack: ownValue(tag, answer.readBack) };
}

/** How a rejection of the port counts: a source that is down sent nothing; of anything else nobody knows. */
export function fromRejection(error: unknown): {
  readonly result: WriteResult;
  readonly sourceDown: boolean;
} {
  const sourceDown = error instanceof Fault && /(^|\.)source-down$/.test(error.code);
  return { result: { state: sourceDown ? 'refused' : 'unknown', reason: messageOf(error) }, sourceDown };
}

/** Path of a tag that takes no writes; undefined where the number was never given. */
export function pathOf(table: TagTable, number: number): string | undefined {
  for (const tag of table) if (tag.number === number) return tag.path;
  return undefined;
}
