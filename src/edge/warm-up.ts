import type { TagModel } from '#contract/model.ts';
import type { Blueprint } from '#edge/blueprint.ts';
import { composeCore } from '#edge/core.ts';
import { Peers } from '#edge/peers.ts';
import { SILENT } from '#edge/silent-log.ts';
import type { Journal } from '#journal/api.ts';
import { allocBatch, type Batch } from '#kernel/batch.ts';
import type { Clock } from '#kernel/clock.ts';

/** Rounds over the tags of the site; after some dozens a further one makes the first real batches no quicker. */
const ROUNDS = 48;
const ROWS = 8;
const BETWEEN_US = 250_000;

/**
 * Lets a copy of the site decide on made-up rows, so that the code of the decision path is loaded and compiled before
 * the first real row comes: that one would otherwise wait for milliseconds. The copy has clock, tags, rules, alarms and
 * guard of its own, no peers, and a journal that keeps nothing: nothing of it reaches the site.
 * @param budgetMs for the rounds; making the copy comes on top
 * @returns how many rounds it came to
 */
export async function warmUp(blueprint: Blueprint, budgetMs = 150): Promise<number> {
  let nowUs = Date.now() * 1000;
  const clock: Clock = { nowUs: () => nowUs, steadyUs: () => nowUs, sleep: () => new Promise(() => {}) };
  const peers = new Peers({ log: SILENT, stepped: () => {} });
  const { path, table } = composeCore(blueprint, keepsNothing(), clock, peers, undefined);
  const groups = chunks(blueprint.model.tags.filter((tag) => tag.source !== undefined));
  const startMs = performance.now();
  let round = 0;
  for (; round < ROUNDS && performance.now() - startMs < budgetMs; round++) {
    for (const tags of groups) {
      const numbers = tags.map((tag) => table.number(tag.path));
      path.accept('warm-up', { batch: madeUp(tags, numbers, round, nowUs) });
    }
    nowUs += BETWEEN_US;
    path.advance();
  }
  await new Promise((resolve) => setImmediate(resolve)); // what writes leave for later
  return round;
}

/** Rows through the range of each tag and a little beyond it, so that conditions come and go. */
function madeUp(tags: readonly TagModel[], numbers: readonly number[], round: number, nowUs: number): Batch {
  const batch = allocBatch(tags.length, { receivedUs: nowUs });
  batch.tag.set(numbers);
  batch.timeUs.fill(nowUs);
  for (const [i, tag] of tags.entries()) {
    const [low, high] = tag.range ?? [0, 100];
    const engineering = low + (high - low) * (((round * 7) % 24) / 20);
    batch.value[i] = (engineering - (tag.scale?.offset ?? 0)) / (tag.scale?.factor ?? 1);
  }
  return batch;
}

function chunks(tags: readonly TagModel[]): TagModel[][] {
  return Array.from({ length: Math.ceil(tags.length / ROWS) }, (_, i) =>
    tags.slice(i * ROWS, (i + 1) * ROWS),
  );
}

const nothing = (): void => {};

const keepsNothing = (): Journal => ({
  opened: {
    tags: [],
    state: new Map(),
    id: undefined,
    lastSteadyUs: 0,
    lastWallUs: 0,
    epoch: 0,
    damage: [],
    cursors: new Map(),
  },
  append: nothing,
  tick: nothing,
  event: () => 0,
  gap: nothing,
  tag: nothing,
  state: nothing,
  setCursor: nothing,
  dropCursor: nothing,
  deadLetter: nothing,
  seq: 0,
  durableSeq: 0,
  beyond: () => new Promise(() => {}),
  whenSettled: (done) => queueMicrotask(() => done('durable')),
  room: () => undefined,
  hasAuthority: true,
  unread: undefined,
  giveUpState: nothing,
  health: {
    durableRows: 0,
    pendingRows: 0,
    pendingBytes: 0,
    usedBytes: 0,
    quotaBytes: 0,
    writtenBytes: 0,
    commits: 0,
    lastCommitMs: 0,
    lostRows: 0,
    gaps: 0,
    fill: { keptRows: 0, keptUs: 0, recordedUs: 0, freeBytes: 0, blockRows: 0, blockBytes: 0 },
    fault: undefined,
  },
  async [Symbol.asyncDispose]() {},
});
