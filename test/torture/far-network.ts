import { execFileSync, spawnSync } from 'node:child_process';
import type { Scope } from '#test/scope.ts';

/** What may be wrong with the link. */
export type LinkState = 'well' | 'down' | 'slow' | 'lossy';

const ip = (...args: readonly string[]): void => void execFileSync('ip', args, { stdio: 'pipe' });

/** Why there can be none here. */
export const noFarNetwork: string | false =
  process.getuid?.() !== 0
    ? 'network namespaces want root'
    : spawnSync('ip', ['netns', 'list']).status !== 0
      ? 'there is no `ip netns` (Debian: iproute2), or the kernel has no network namespaces'
      : false;

/** How links are slow and lossy: by netem where the kernel has it, otherwise by a bucket that is too small for what comes. */
const NETEM = {
  slow: ['netem', 'delay', '400ms', '100ms'],
  lossy: ['netem', 'delay', '50ms', 'loss', '15%'],
} as const;
const BUCKET = {
  slow: ['tbf', 'rate', '64kbit', 'burst', '4kb', 'latency', '3s'],
  lossy: ['tbf', 'rate', '96kbit', 'burst', '4kb', 'latency', '60ms'],
} as const;

let numbered = 0;

/**
 * A network of its own, at the other end of a link that can be cut and made bad, for packets of real TCP in the kernel.
 * Whoever is cut off is told nothing: packets are lost on the way.
 */
export class FarNetwork {
  /** Put before a program that shall run there. */
  readonly wrap: readonly string[];
  /** Of whoever runs there. */
  readonly address: string;
  readonly #name: string;
  readonly #near: string;
  readonly #far: string;
  /** Whether the kernel has netem; found by trying. */
  #hasNetem = true;

  static open(scope: Scope): FarNetwork {
    const network = new FarNetwork();
    scope.after(() => network.#close());
    network.#make();
    return network;
  }

  private constructor() {
    const id = `${process.pid % 100_000}${String.fromCharCode(97 + (numbered++ % 26))}`;
    this.#name = `holdfast-${id}`;
    this.#near = `hfn${id}`;
    this.#far = `hff${id}`;
    // Of the block for benchmarks between networks (RFC 2544), which nobody routes.
    const net = `198.${18 + (process.pid % 2)}.${(process.pid >> 1) % 256}`;
    this.address = `${net}.${4 * (numbered % 60) + 2}`;
    this.wrap = ['ip', 'netns', 'exec', this.#name];
  }

  #make(): void {
    const [a, b, c, d = 0] = this.address.split('.').map(Number);
    ip('netns', 'add', this.#name);
    ip('link', 'add', this.#near, 'type', 'veth', 'peer', 'name', this.#far, 'netns', this.#name);
    ip('addr', 'add', `${a}.${b}.${c}.${d - 1}/30`, 'dev', this.#near);
    ip('link', 'set', this.#near, 'up');
    ip('-n', this.#name, 'addr', 'add', `${this.address}/30`, 'dev', this.#far);
    ip('-n', this.#name, 'link', 'set', this.#far, 'up');
    ip('-n', this.#name, 'link', 'set', 'lo', 'up');
  }

  /** How bad links are made here. */
  get means(): string {
    return this.#hasNetem ? 'tc netem' : 'tc tbf';
  }

  set(state: LinkState): void {
    this.#clear();
    ip('link', 'set', this.#near, state === 'down' ? 'down' : 'up');
    if (state === 'well' || state === 'down') return;
    if (this.#hasNetem && !this.#shape(NETEM[state])) this.#hasNetem = false;
    if (!this.#hasNetem && !this.#shape(BUCKET[state]))
      throw new Error(`no ${BUCKET[state][0]} in this kernel`);
  }

  /** Both ways. */
  #shape(discipline: readonly string[]): boolean {
    return this.#ends().every(
      ([how, device]) =>
        spawnSync('tc', [...how, 'qdisc', 'add', 'dev', device, 'root', ...discipline]).status === 0,
    );
  }

  #clear(): void {
    for (const [how, device] of this.#ends())
      spawnSync('tc', [...how, 'qdisc', 'del', 'dev', device, 'root']);
  }

  #ends(): readonly (readonly [readonly string[], string])[] {
    return [
      [[], this.#near],
      [['-n', this.#name], this.#far],
    ];
  }

  #close(): void {
    spawnSync('ip', ['link', 'del', this.#near]);
    spawnSync('ip', ['netns', 'del', this.#name]);
  }
}
