import type { AlarmSpec, DecisionSpec } from '#decide/api.ts';

/** A detector of a site, as the site file and what it learned make it. */
export interface DetectorSpec {
  /** Also the path of the number tag that is its figure. */
  readonly id: string;
  readonly asset: string;
  readonly kind: string;
  /** Full paths, in the order in which it learned them. */
  readonly tags: readonly string[];
  /** Length of a moment. */
  readonly everyMs: number;
  readonly restWhen?: string | undefined;
  readonly restForMs: number;
  /** Those that are not the kind's own. */
  readonly settings: { readonly [name: string]: number };
  readonly shadow: boolean;
  /** Present where what it finds is an alarm too; of the same id. */
  readonly alarm?: AlarmSpec | undefined;
  /** Digest that the site file holds it to; whoever keeps the files fills in `file`. */
  readonly learned?: string | undefined;
  /** What it goes on with; absent: it has learned nothing yet. */
  readonly file?: LearnedFile | undefined;
}

export interface LearnedFile {
  readonly digest: string;
  readonly text: string;
}

/** What a tag is called in a learned file: without the asset, so that the file fits equal assets. */
export const signalOf = (path: string, asset: string): string =>
  asset !== '' && path.startsWith(`${asset}/`) ? path.slice(asset.length + 1) : path;

export const signalsOf = ({ tags, asset }: Pick<DetectorSpec, 'tags' | 'asset'>): string[] =>
  tags.map((path) => signalOf(path, asset));

/** A specification with what its detectors learned. */
export const withFiles = (
  { detectors = [], ...spec }: DecisionSpec,
  fileOf: (detector: DetectorSpec) => LearnedFile | undefined,
): DecisionSpec => ({ ...spec, detectors: detectors.map((one) => ({ ...one, file: fileOf(one) })) });
