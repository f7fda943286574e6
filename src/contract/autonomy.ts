/** What may end a site's time alone. */
export const AUTONOMY_REASONS = [
  'certificate',
  'token',
  'backlog',
  'disk',
  'flash',
  'clock',
  'sequence',
  'retention',
] as const;
export type AutonomyReason = (typeof AUTONOMY_REASONS)[number];

/** One thing that lasts for a time, or of which nobody can say how long. */
export interface AutonomyLine {
  readonly reason: AutonomyReason;
  /** Whose: `API`, the address of a peer, the name of a token, the id of a sink. */
  readonly subject: string;
  /** `lasts`: nothing that is known ends it. `unknown`: it may end at any time; `why` says what is not known. */
  readonly state: 'ends' | 'lasts' | 'unknown';
  /** From now on; 0: it has ended. Only of what ends. */
  readonly days?: number;
  /** Whether its end is one of the site's: something fails, or is lost, that nobody wants lost. */
  readonly counts: boolean;
  /** What happens then. */
  readonly effect: string;
  /** How it was found, or why it is not known. */
  readonly why: string;
}

/** How long a site would bear to be left alone. */
export interface Autonomy {
  /** Wall clock, µs since 1970. */
  readonly atUs: number;
  /** Until the first end that counts; absent where none is known. */
  readonly days?: number;
  /** Which one that is. */
  readonly first?: { readonly reason: AutonomyReason; readonly subject: string };
  /** What the site file asks for. */
  readonly leastDays: number;
  readonly isLow: boolean;
  /** Lines that count, and of which nobody can say how long. */
  readonly unknown: number;
  /** What ends first stands first, then what is unknown, then what lasts. */
  readonly lines: readonly AutonomyLine[];
}

export type AutonomySummary = Omit<Autonomy, 'lines'>;
