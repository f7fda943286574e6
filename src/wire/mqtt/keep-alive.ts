/**
 * When to probe and when to give up (MQTT 5.0, 3.1.2.10). Any byte that arrives counts as alive, not only the answer
 * to a probe. Times are steady µs.
 */
export class KeepAlive {
  readonly #periodUs: number;
  #receivedUs: number;
  #sentUs: number;
  #probedUs: number;
  #tickedUs: number;
  #isPaused = false;

  constructor(keepAliveS: number, nowUs: number) {
    this.#periodUs = keepAliveS * 1e6;
    this.#receivedUs = nowUs;
    this.#sentUs = nowUs;
    this.#probedUs = nowUs;
    this.#tickedUs = nowUs;
  }

  /** Pause between two calls of `tick`. */
  get tickMs(): number {
    return this.#periodUs / 4000;
  }

  received(nowUs: number): void {
    this.#receivedUs = nowUs;
  }

  sent(nowUs: number): void {
    this.#sentUs = nowUs;
  }

  /** While we do not read, silence says nothing of the peer. */
  paused(paused: boolean, nowUs: number): void {
    this.#isPaused = paused;
    this.#receivedUs = nowUs;
  }

  tick(nowUs: number): 'ping' | 'dead' | undefined {
    // A process that was held up (a suspended machine) has not read yet what arrived meanwhile.
    const heldUp = nowUs - this.#tickedUs > this.#periodUs / 2;
    this.#tickedUs = nowUs;
    const silentUs = this.#isPaused ? 0 : nowUs - this.#receivedUs;
    if (silentUs > this.#periodUs * 1.5 && !heldUp) return 'dead';
    const early = this.#periodUs * 0.75;
    const due = nowUs - this.#sentUs >= early || (silentUs >= early && nowUs - this.#probedUs >= early);
    if (!due) return undefined;
    this.#probedUs = nowUs;
    return 'ping';
  }
}
