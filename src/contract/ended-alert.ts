import type { EndedAlert, EventView } from '#contract/api.ts';
import { parentOf } from '#contract/expand.ts';

/** What an `alert.ended` of the journal tells. */
export function endedAlert({ id, subject, timeUs, detail = {} }: EventView): EndedAlert {
  const { text, lastedMs, cause, inputs = [] } = detail as unknown as Omit<EndedAlert, 'id' | 'rule'>;
  return {
    id,
    rule: subject,
    asset: parentOf(subject),
    text,
    sinceUs: timeUs - lastedMs * 1000,
    endedUs: timeUs,
    lastedMs,
    cause,
    inputs,
    ...foundBy(detail),
  };
}

/** Why a detector found it, where one did. */
function foundBy({
  detector,
  certainty,
  reasons,
  atEnd,
}: NonNullable<EventView['detail']>): Pick<EndedAlert, 'detector'> {
  if (detector === undefined) return {};
  const found = { kind: detector, certainty, reasons, ...(atEnd !== undefined && { atEnd }) };
  return { detector: found as unknown as NonNullable<EndedAlert['detector']> };
}
