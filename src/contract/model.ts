import type { PictureEntry } from '#contract/pictures.ts';
import type { Settings } from '#contract/settings.ts';
import type {
  AlarmEntry,
  DetectorEntry,
  NoticeEntry,
  RuleEntry,
  ShiftEntry,
  TagEntry,
} from '#contract/site.ts';

/** Place in the site file: the keys and indices that lead there, for messages with line and column. */
export type Where = readonly (string | number)[];

/**
 * The site after expansion: types are instantiated, every name is a full path, every `${param}` is replaced.
 * Names inside expressions are still as written; `asset` tells what they are relative to.
 */
export interface SiteModel {
  readonly site: string;
  readonly settings: Settings;
  readonly sources: readonly PeerModel[];
  readonly actuators: readonly PeerModel[];
  readonly sinks: readonly PeerModel[];
  readonly shifts: readonly ShiftModel[];
  readonly notices: readonly NoticeModel[];
  readonly pictures: readonly PictureModel[];
  readonly tags: readonly TagModel[];
  readonly rules: readonly RuleModel[];
  readonly alarms: readonly AlarmModel[];
  readonly detectors: readonly DetectorModel[];
}

export interface PeerModel {
  readonly id: string;
  readonly kind: string;
  /** All fields but `kind`, as written; the plugin's schema validates and fills them. */
  readonly config: { readonly [key: string]: unknown };
  readonly where: Where;
}

interface Placed {
  /** Path of the asset that bare names in expressions are relative to; empty for the site itself. */
  readonly asset: string;
  readonly where: Where;
}

/** `path` is full: area/line/asset/signal. `write.feedback.tag` is full as well. */
export interface TagModel extends TagEntry, Placed {
  readonly path: string;
  /** Id of the detector whose figure it is, or whose expression it derives: the file has no entry of it. */
  readonly detector?: string;
}

/** `id` is asset/name; `write.tag` in the actions is a full path. */
export interface RuleModel extends RuleEntry, Placed {
  readonly id: string;
}

export interface AlarmModel extends AlarmEntry, Placed {
  readonly id: string;
  /** Set where it tells what the detector of the same id finds: then `when` is only how people read that. */
  readonly detector?: string;
}

/**
 * `id` is asset/name; `tags` are full paths, of a balance that of the tag which its expression became, of a model those of
 * what comes out of it.
 */
export interface DetectorModel extends DetectorEntry, Placed {
  readonly id: string;
  /** Of a model: full paths of what goes into it. */
  readonly reads?: readonly string[];
}

export interface ShiftModel extends ShiftEntry {
  readonly id: string;
  readonly where: Where;
}

export interface NoticeModel extends NoticeEntry {
  readonly id: string;
  readonly where: Where;
}

/** `file` is filled in. */
export interface PictureModel extends PictureEntry {
  readonly id: string;
  readonly file: string;
  readonly where: Where;
}

/** One thing wrong in a site file. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  /** What is wrong, with the value found. */
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
  readonly severity: 'error' | 'hint';
}
