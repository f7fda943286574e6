/** When the one who called may try again; `backoff` grows the pause, with jitter. */
export type Retry = 'backoff' | 'now' | 'never';

export interface FaultOptions {
  readonly retry?: Retry;
  /** What the reader can do about it, one sentence. */
  readonly hint?: string;
  /** Not before: the other side has said when there is a place. */
  readonly afterMs?: number;
  readonly cause?: unknown;
}

/** The one error type: a stable code for programs, a message that says what and where, a hint that says what to do. */
export class Fault extends Error {
  override readonly name = 'Fault';
  /** `area.what`, such as `modbus.timeout`; never changes once released. */
  readonly code: string;
  readonly retry: Retry;
  readonly hint: string | undefined;
  readonly afterMs: number | undefined;

  constructor(code: string, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retry = options.retry ?? 'backoff';
    this.hint = options.hint;
    this.afterMs = options.afterMs;
  }

  /** Wraps what is no Fault yet; a Fault passes unchanged. */
  static from(error: unknown, code: string, where: string): Fault {
    if (error instanceof Fault) return error;
    return new Fault(code, `${where}: ${messageOf(error)}`, { cause: error });
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
