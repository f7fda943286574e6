import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import { Asking, type Priority, Waiting } from './asking.ts';

/** What one client allows itself at a server. */
export interface Caps {
  readonly requestsPerS: number;
  /** Requests open at a time. */
  readonly outstanding: number;
}

interface Job {
  readonly share: Share;
  readonly asking: Asking;
  /** Lets it leave. @param answered to be called once, with its answer or its time-out */
  readonly go: (answered: () => void) => void;
  readonly refuse: (fault: Fault) => void;
  /** No deadline and no signal counts any more. */
  readonly unwatch: () => void;
}

const TOO_LATE = 'its time to live was over';
/** Requests to publish that one that reads gives way to: a server that publishes without end leaves room for others. */
const MOST_GIVEN_WAY = 5;
/** Messages that left without a turn, and that the next one is held back for. */
const MOST_CHARGED = 5;

/**
 * What a server is asked by all that talk to it, together: never more requests a second, or open at a time, than the
 * most careful of them allows; evenly spread; writes first, then what publishes, reads, browses. Requests to publish wait at
 * the server by nature: they count by the second, and not as open.
 */
export class Budget {
  readonly #clock: Clock;
  readonly #shares = new Map<Share, Caps>();
  readonly #queues: Record<Priority, Job[]> = { write: [], publish: [], read: [], browse: [] };
  #open = 0;
  /** Steady; before it no request of the queue leaves. */
  #nextUs = 0;
  #givenWay = 0;
  #isWaking = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param caps hold as long as the share is open */
  join(caps: Caps): Share {
    const share = new Share({
      ask: (job) => this.#ask(job),
      charge: () => this.#charge(),
      leave: () => this.#leave(share),
    });
    this.#shares.set(share, caps);
    return share;
  }

  get #gapUs(): number {
    return 1e6 / Math.min(...[...this.#shares.values()].map(({ requestsPerS }) => requestsPerS), 1e6);
  }

  get #outstanding(): number {
    return Math.min(...[...this.#shares.values()].map(({ outstanding }) => outstanding));
  }

  #ask({ asking, go, refuse, share }: Pick<Job, 'asking' | 'go' | 'refuse' | 'share'>): void {
    const ended = new AbortController();
    const onAbort = () => this.#drop(job, 'whoever asked has gone');
    const job: Job = {
      share,
      asking,
      go,
      refuse,
      unwatch: () => {
        ended.abort();
        asking.signal?.removeEventListener('abort', onAbort);
        asking.waiting.end();
        share.waiting.end();
      },
    };
    asking.held = true;
    asking.waiting.begin();
    share.waiting.begin();
    this.#queues[asking.priority].push(job);
    if (asking.signal?.aborted) {
      onAbort();
      return;
    }
    asking.signal?.addEventListener('abort', onAbort, { once: true });
    this.#pump();
    if (asking.deadlineUs === undefined || ended.signal.aborted) return;
    const leftMs = Math.max(0, (asking.deadlineUs - this.#clock.steadyUs()) / 1000);
    this.#clock.sleep(leftMs, ended.signal).then(
      () => this.#drop(job, TOO_LATE),
      () => {},
    );
  }

  #drop(job: Job, why: string): void {
    const queue = this.#queues[job.asking.priority];
    const at = queue.indexOf(job);
    if (at < 0) return;
    queue.splice(at, 1);
    job.unwatch();
    job.refuse(notSent(why));
  }

  #leave(share: Share): void {
    for (const queue of Object.values(this.#queues))
      for (const job of queue.filter((one) => one.share === share))
        this.#drop(job, 'the connection is closed');
    this.#shares.delete(share);
    this.#pump();
  }

  /** For what left without asking: others give way to it. */
  #charge(): void {
    const nowUs = this.#clock.steadyUs();
    const nextUs = Math.max(this.#nextUs, nowUs) + this.#gapUs;
    this.#nextUs = Math.min(nextUs, nowUs + MOST_CHARGED * this.#gapUs);
  }

  #pump(): void {
    for (;;) {
      const job = this.#next();
      if (!job) return;
      const nowUs = this.#clock.steadyUs();
      if (nowUs > (job.asking.deadlineUs ?? Number.POSITIVE_INFINITY)) this.#drop(job, TOO_LATE);
      else if (nowUs >= this.#nextUs) this.#send(job);
      else {
        this.#wakeIn(this.#nextUs - nowUs);
        return;
      }
    }
  }

  #next(): Job | undefined {
    const { write, publish, read, browse } = this.#queues;
    const other = this.#open < this.#outstanding ? (write[0] ?? read[0] ?? browse[0]) : undefined;
    const [publishing] = publish;
    const isPublishing = publishing && (!other || (other !== write[0] && this.#givenWay < MOST_GIVEN_WAY));
    return isPublishing ? publishing : other;
  }

  #send({ share, asking, go, unwatch }: Job): void {
    const isPublish = asking.priority === 'publish';
    this.#queues[asking.priority].shift();
    unwatch();
    asking.held = false;
    this.#givenWay = isPublish ? this.#givenWay + 1 : 0;
    this.#nextUs = this.#clock.steadyUs() + this.#gapUs;
    if (!isPublish) this.#open++;
    let isOpen = !isPublish;
    const answered = () => {
      if (!isOpen) return;
      isOpen = false;
      share.open.delete(answered);
      this.#open--;
      this.#pump();
    };
    if (isOpen) share.open.add(answered);
    go(answered);
  }

  #wakeIn(us: number): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    void this.#clock.sleep(Math.max(1, us / 1000)).then(() => {
      this.#isWaking = false;
      this.#pump();
    });
  }
}

interface SharePorts {
  ask(job: Pick<Job, 'asking' | 'go' | 'refuse' | 'share'>): void;
  charge(): void;
  leave(): void;
}

/** The part of one connection in the budget of its server. */
export class Share implements Disposable {
  readonly #ports: SharePorts;
  /** Time in which any of its requests waited. */
  readonly waiting = new Waiting();
  /** What is to be called for each request that has no answer yet. */
  readonly open = new Set<() => void>();
  #closed = false;

  constructor(ports: SharePorts) {
    this.#ports = ports;
  }

  /** Calls one of them: `go` when its turn has come, at once where it may; `refuse` when nothing leaves any more. */
  ask(go: Job['go'], refuse: Job['refuse'], asking = Asking.current): void {
    if (this.#closed) refuse(notSent('the connection is closed'));
    else this.#ports.ask({ share: this, asking, go, refuse });
  }

  /** A turn for what has no answer that anybody waits for. @throws Fault `opcua.not-sent` */
  turn(asking = Asking.current): Promise<void> {
    return new Promise((resolve, reject) => {
      const go: Job['go'] = (answered) => {
        answered();
        resolve();
      };
      this.ask(go, reject, asking);
    });
  }

  /** Counts a message that leaves without waiting. */
  charge(): void {
    this.#ports.charge();
  }

  /** What waits is refused; answers that are still to come are waited for no more. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const answered of [...this.open]) answered();
    this.#ports.leave();
  }
}

const notSent = (why: string): Fault =>
  new Fault('opcua.not-sent', `nothing was sent: ${why}`, {
    hint: 'The server may be asked for more than requestsPerS and outstanding allow: see what the load budget shows.',
  });

const budgets = new WeakMap<Clock, Map<string, Budget>>();
const DEFAULT_PORT = '4840';

/** The one budget of a server, by host and port, for all of a process that lives by the same clock: a site. */
export function budgetAt(clock: Clock, url: string): Budget {
  const { hostname, port } = new URL(url);
  const server = `${hostname.toLowerCase()}:${port || DEFAULT_PORT}`;
  const known = budgets.get(clock) ?? new Map<string, Budget>();
  budgets.set(clock, known);
  const budget = known.get(server) ?? new Budget(clock);
  known.set(server, budget);
  return budget;
}
