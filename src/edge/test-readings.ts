import type { TagModel } from '#contract/model.ts';
import type { Value } from '#kernel/batch.ts';
import { valueToJson } from '#kernel/event.ts';
import { isBad, isGood, isLost, Quality, qualityName } from '#kernel/quality.ts';
import type { Point, TestStep } from '#plugin/api.ts';

/** The newest row of a tag, as the site would see it. */
export interface Reading {
  readonly value: number | Value;
  readonly quality: number;
  readonly timeUs: number;
}

/** One step a tag: its value, quality and age, or why there is none. */
export function* readingSteps(
  points: readonly Point[],
  tags: ReadonlyMap<number, TagModel>,
  readings: ReadonlyMap<number, Reading>,
  { waitMs, nowUs }: { readonly waitMs: number; readonly nowUs: number },
): Iterable<TestStep> {
  for (const { tag } of points) {
    const reading = readings.get(tag.number);
    const hint = hintFor(reading);
    yield {
      step: 'value',
      state:
        reading === undefined || isBad(reading.quality)
          ? 'failed'
          : isGood(reading.quality)
            ? 'ok'
            : 'warning',
      said: reading
        ? `${tag.path}: ${sentence(reading, tags.get(tag.number), nowUs)}`
        : `${tag.path}: nothing came within ${waitMs / 1000} s`,
      ...(hint !== undefined && { hint }),
    };
  }
}

function sentence({ value, quality, timeUs }: Reading, tag: TagModel | undefined, nowUs: number): string {
  const name = qualityName(quality);
  if (isBad(quality)) return `no value, ${name}`;
  return `${valueText(value, tag)}, ${name}, ${((nowUs - timeUs) / 1e6).toFixed(1)} s old`;
}

function valueText(value: number | Value, tag: TagModel | undefined): string {
  const state = typeof value === 'number' ? tag?.states?.[value] : undefined;
  if (state !== undefined) return `${value} (${state})`;
  if (tag?.type === 'boolean') return value === 1 ? 'true' : 'false';
  const json = valueToJson(value);
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  return tag?.unit === undefined ? text : `${text} ${tag.unit}`;
}

const HINTS = new Map<number, string>([
  [Quality.uncertainLastUsable, 'A value that was kept for us: nobody has said since that it still holds.'],
  [
    Quality.uncertainRangeExceeded,
    'Outside the range of the tag: are scale, type, byte order and range those of the manual?',
  ],
  [Quality.badNodeUnknown, 'The device does not know this address: `holdfast browse` shows what there is.'],
  [Quality.badConfiguration, 'The device refuses this address, or this user may not read it.'],
  [
    Quality.badOutOfRange,
    'The value is no value of this type: are address, type and byte order those of the manual?',
  ],
  [Quality.badTypeMismatch, 'What comes is of another type than the tag: look at `type` and at the address.'],
  [
    Quality.badDecoding,
    'The bytes make no sense as this type: look at the address and at the order of the bytes.',
  ],
]);

function hintFor(reading: Reading | undefined): string | undefined {
  if (reading === undefined) {
    return 'Nothing was said of this address: is it right, and does the device speak more rarely than that?';
  }
  const { quality } = reading;
  if (isGood(quality)) return undefined;
  if (isLost(quality)) {
    return 'The peer took the connection and does not answer: another unit number, another protocol on this port, or a device that serves somebody else?';
  }
  return HINTS.get(quality);
}
