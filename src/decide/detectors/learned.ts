import { createHash } from 'node:crypto';
import type { Detector, Learned } from '#decide/detectors/api.ts';
import { BALANCE, Balance } from '#decide/detectors/balance.ts';
import { DRIFT, Drift } from '#decide/detectors/drift.ts';
import { FROZEN, Frozen } from '#decide/detectors/frozen.ts';
import { LIMIT, Limit, limitOf } from '#decide/detectors/limit.ts';
import { MODEL, Model, modelOf } from '#decide/detectors/model.ts';
import { NOISE, Noise } from '#decide/detectors/noise.ts';
import { RELATION, Relation } from '#decide/detectors/relation.ts';
import { REMAINING, RemainingLife } from '#decide/detectors/remaining.ts';
import { SEASON, Season } from '#decide/detectors/season.ts';
import { learnUnusual, UNUSUAL, Unusual } from '#decide/detectors/unusual.ts';
import { watchedOf } from '#decide/detectors/visits.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

/** What a detector learned, as a file: JSON with its fields in order, so that equal content has an equal digest. */
export function learnedText({ kind, signals, settings, state }: Learned): string {
  return `${JSON.stringify(inOrder({ format: FORMAT, kind, signals, settings, state }))}\n`;
}

/** SHA-256 of the text, in hex. */
export const learnedDigest = (text: string): string => createHash('sha256').update(text).digest('hex');

const FORMAT = 'holdfast-learned/1';

/** What is to be known of a kind of detectors. */
export interface Kind {
  /** The detector that goes on with what was learned. */
  make(learned: Learned): Detector;
  /** Every setting with its default. */
  readonly settings: { readonly [name: string]: number };
  /** Those that may be changed at any time; the others shape what is learned, and take effect when it learns anew. */
  readonly tuned: readonly string[];
  /** @throws RangeError where settings make no sense; absent where `fresh` or nothing can tell */
  check?(signals: readonly string[], settings: { readonly [name: string]: number }): void;
  /** What one that has learned nothing goes on with; absent where a kind says nothing before it has learned. */
  fresh?(signals: readonly string[], settings: { readonly [name: string]: number }): Learned;
}

const KINDS: { readonly [kind: string]: Kind } = {
  balance: {
    make: (learned) => new Balance(learned),
    settings: { ...BALANCE },
    tuned: ['limit', 'least', 'end'],
  },
  drift: { make: (learned) => new Drift(learned), settings: { ...DRIFT }, tuned: ['limit', 'end', 'hold'] },
  frozen: { make: (learned) => new Frozen(learned), settings: { ...FROZEN }, tuned: ['longer', 'least'] },
  limit: {
    make: (learned) => new Limit(learned),
    settings: { ...LIMIT },
    tuned: Object.keys(LIMIT),
    fresh: (signals, settings) => limitOf(signals, { ...LIMIT, ...settings }),
  },
  model: {
    make: (learned) => new Model(learned),
    settings: { ...MODEL },
    tuned: Object.keys(MODEL),
    fresh: (signals, settings) => modelOf(signals, { ...MODEL, ...settings }),
  },
  noise: { make: (learned) => new Noise(learned), settings: { ...NOISE }, tuned: ['limit', 'end'] },
  relation: {
    make: (learned) => new Relation(learned),
    settings: { ...RELATION },
    tuned: ['limit', 'end', 'beyond'],
  },
  season: {
    make: (learned) => new Season(learned),
    settings: { ...SEASON },
    tuned: ['limit', 'end', 'settle'],
    check: (signals, settings) => void watchedOf(signals, { ...SEASON, ...settings }),
  },
  unusual: {
    make: (learned) => new Unusual(learned),
    settings: { ...UNUSUAL },
    tuned: ['limit', 'rest'],
    fresh: (signals, settings) =>
      learnUnusual({ signals, columns: signals.map(() => new Float64Array()) }, [], {
        ...UNUSUAL,
        ...settings,
      }),
  },
  'remaining-life': {
    make: (learned) => new RemainingLife(learned),
    settings: { ...REMAINING },
    tuned: ['warn'],
  },
};

/** Undefined for a kind that is not there. */
export const kindOf = (kind: string): Kind | undefined =>
  Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;

/**
 * The detector of a file.
 * @param digest which the text must have; undefined where nobody said
 * @throws Fault `detector.digest`, `detector.learned` with what is wrong
 */
export function detectorOf(text: string, digest?: string): Detector {
  if (digest !== undefined && learnedDigest(text) !== digest)
    throw new Fault(
      'detector.digest',
      `what was learned has the digest ${learnedDigest(text)}, not ${digest}`,
      {
        retry: 'never',
        hint: 'The file was changed after it was learned, or belongs to another detector: learn anew, or restore it.',
      },
    );
  const learned = parsed(text);
  const kind = kindOf(learned.kind);
  if (!kind) throw broken(`there is no detector of the kind ${learned.kind}`);
  try {
    return kind.make(learned);
  } catch (cause) {
    throw broken('it does not hold what its kind needs', cause);
  }
}

function parsed(text: string): Learned {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw broken('it is no JSON', cause);
  }
  const { format, kind, signals, settings, state } = (json ?? {}) as Record<string, unknown>;
  if (format !== FORMAT) throw broken(`its format is ${JSON.stringify(format)}, not ${FORMAT}`);
  if (typeof kind !== 'string' || !isNames(signals) || !isObject(settings) || !isObject(state))
    throw broken('kind, signals, settings or state are missing');
  if (!Object.values(settings).every((one) => Number.isFinite(one))) throw broken('a setting is no number');
  return { kind, signals, settings: settings as Learned['settings'], state: state as Learned['state'] };
}

const isObject = (json: unknown): json is object =>
  typeof json === 'object' && json !== null && !Array.isArray(json);
const isNames = (json: unknown): json is string[] =>
  Array.isArray(json) && json.length > 0 && json.every((one) => typeof one === 'string');

const broken = (what: string, cause?: unknown): Fault =>
  new Fault('detector.learned', `what was learned cannot be used: ${what}`, {
    retry: 'never',
    hint: 'Learn anew.',
    cause,
  });

function inOrder(json: Json): Json {
  if (Array.isArray(json)) return json.map(inOrder);
  if (typeof json !== 'object' || json === null) return json;
  const fields = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, value]) => [name, inOrder(value)]));
}
