import type { Detector } from '#decide/detectors/api.ts';
import { detectorOf, kindOf } from '#decide/detectors/learned.ts';
import { type DetectorSpec, signalsOf } from '#decide/detectors/spec.ts';
import { messageOf } from '#kernel/fault.ts';

/** A detector made ready, or why there is none. */
export interface Opened {
  readonly detector: Detector | undefined;
  /** Of the learned file; of one that need not learn: what it begins with. Empty where there is nothing. */
  readonly digest: string;
  /** Why what was learned is not used; undefined where nothing was learned. */
  readonly fault: string | undefined;
  /** Settings of the site file that take effect once it learns anew. */
  readonly waiting: readonly string[];
}

/** Never throws: a site runs, and says so, where one of its detectors has nothing to go on with. */
export function openDetector(spec: DetectorSpec): Opened {
  try {
    return opened(spec);
  } catch (error) {
    return { ...NOTHING, fault: messageOf(error) };
  }
}

const NOTHING: Opened = { detector: undefined, digest: '', fault: undefined, waiting: [] };

function opened(spec: DetectorSpec): Opened {
  const kind = kindOf(spec.kind);
  const signals = signalsOf(spec);
  if (!spec.file) {
    const { learned } = spec;
    if (learned !== undefined)
      return { ...NOTHING, fault: `the learned file ${learned.slice(0, 12)} is not here` };
    const fresh = kind?.fresh?.(signals, spec.settings);
    if (!fresh) return NOTHING;
    return { ...NOTHING, detector: kind?.make(fresh), digest: `fresh ${spec.kind} ${signals.join()}` };
  }
  const { digest, text } = spec.file;
  const { learned } = detectorOf(text, digest);
  if (learned.kind !== spec.kind)
    return {
      ...NOTHING,
      fault: `it was learned for the kind ${learned.kind}, and this is ${spec.kind}: learn anew`,
    };
  if (learned.signals.join() !== signals.join())
    return {
      ...NOTHING,
      fault: `it was learned from ${learned.signals.join(', ')}, and the site file has ${signals.join(', ')}: learn anew`,
    };
  const given = Object.entries(spec.settings);
  const tuned = given.filter(([name]) => kind?.tuned.includes(name));
  const waiting = given.filter(
    ([name, value]) => !kind?.tuned.includes(name) && learned.settings[name] !== value,
  );
  const settings = { ...learned.settings, ...Object.fromEntries(tuned) };
  return {
    detector: kind?.make({ ...learned, settings }),
    digest,
    fault: undefined,
    waiting: waiting.map(([name]) => name),
  };
}
