import type { CDPSession, Page } from 'playwright-core';
import { passed } from './edge-process.ts';

/*
 * How smoothly a picture of trends follows the mouse. The mouse is the browser's own, and tells its place as often as real
 * ones do, whether the page keeps up or not. A picture counts when a strip of pixels through the middle of the lines differs
 * from what it was with the frame before: frames that show nothing new count as none.
 */

const MOUSE_PER_S = 125;
/** Into the past and back, over so much of the width: less than what is there beyond the edge. The future would hold it. */
const SHARE = 0.4;
const SWING_MS = 2000;

export interface Smoothness {
  readonly picturesPerS: number;
  /** Of the times between two pictures the longest but one in a hundred, ms. */
  readonly p99Ms: number;
}

/** Drags the lines to and fro with the mouse. */
export async function panned(page: Page, forMs: number): Promise<Smoothness> {
  const { x, y, width } = await linesOf(page);
  await using mouse = await Mouse.of(page);
  const middle = x + width / 2;
  mouse.send('mouseMoved', middle, y);
  mouse.send('mousePressed', middle, y);
  await page.evaluate(WATCH);
  await each(forMs, (ms) =>
    mouse.send('mouseMoved', middle + (SHARE * width * (1 - Math.cos((ms / SWING_MS) * 2 * Math.PI))) / 2, y),
  );
  const found = smoothnessOf(await page.evaluate<readonly number[]>(WATCHED), forMs);
  mouse.send('mouseReleased', middle, y);
  await mouse.hasDone();
  return found;
}

/** Turns the wheel in and out over the middle of the lines. */
export async function zoomedByWheel(page: Page, forMs: number): Promise<Smoothness> {
  const { x, y, width } = await linesOf(page);
  await using mouse = await Mouse.of(page);
  await page.evaluate(WATCH);
  await each(forMs, (ms) => mouse.turn(x + width / 2, y, ms % SWING_MS < SWING_MS / 2 ? -8 : 8));
  const found = smoothnessOf(await page.evaluate<readonly number[]>(WATCHED), forMs);
  await mouse.hasDone();
  return found;
}

/** Frames a second of this browser while a page does nothing but wait for them: it cannot show more pictures. */
export async function framesPerS(page: Page, frames = 180): Promise<number> {
  return await page.evaluate<number>(`(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    const startMs = await frame();
    let nowMs = startMs;
    for (let i = 0; i < ${frames}; i++) nowMs = await frame();
    return (${frames} * 1000) / (nowMs - startMs);
  })()`);
}

async function linesOf(page: Page): Promise<{ x: number; y: number; width: number }> {
  const box = await page.locator('.chart .u-over').boundingBox();
  if (!box) throw new Error('the page has no picture of trends');
  return { x: box.x, y: box.y + box.height / 2, width: box.width };
}

async function each(forMs: number, act: (ms: number) => void): Promise<void> {
  const startMs = performance.now();
  for (let sent = 0; ; ) {
    const ms = performance.now() - startMs;
    if (ms >= forMs) return;
    for (; sent < (ms / 1000) * MOUSE_PER_S; sent++) act(ms);
    await passed(1);
  }
}

function smoothnessOf(pictures: readonly number[], forMs: number): Smoothness {
  const apart = pictures.slice(1).map((ms, i) => ms - (pictures[i] as number));
  const sorted = apart.toSorted((a, b) => a - b);
  return {
    picturesPerS: (pictures.length * 1000) / forMs,
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
  };
}

interface Told {
  readonly type: 'mouseMoved' | 'mousePressed' | 'mouseReleased' | 'mouseWheel';
  readonly x: number;
  readonly y: number;
  readonly button?: 'left';
  readonly buttons?: number;
  readonly clickCount?: number;
  readonly deltaX?: number;
  readonly deltaY?: number;
}

/** Tells of its moves without waiting until the page has seen them. */
class Mouse implements AsyncDisposable {
  readonly #session: CDPSession;
  readonly #open = new Set<Promise<unknown>>();

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of(page: Page): Promise<Mouse> {
    return new Mouse(await page.context().newCDPSession(page));
  }

  send(type: 'mouseMoved' | 'mousePressed' | 'mouseReleased', x: number, y: number): void {
    const buttons = type === 'mouseReleased' ? 0 : 1;
    this.#tell({ type, x, y, button: 'left', buttons, clickCount: type === 'mouseMoved' ? 0 : 1 });
  }

  turn(x: number, y: number, deltaY: number): void {
    this.#tell({ type: 'mouseWheel', x, y, deltaX: 0, deltaY });
  }

  async hasDone(): Promise<void> {
    await Promise.all(this.#open);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.detach();
  }

  #tell(event: Told): void {
    const told = this.#session.send('Input.dispatchMouseEvent', event).finally(() => this.#open.delete(told));
    this.#open.add(told);
  }
}

/* What runs in the page is text: this program does not know its words. */

/** Looks at the picture with each frame, and notes when it was another one. */
const WATCH = `{
  const over = document.querySelector('.chart .u-over');
  const canvas = document.querySelector('.chart canvas');
  const ratio = canvas.width / canvas.clientWidth;
  const [left, width] = [over.offsetLeft, over.clientWidth].map((one) => Math.round(one * ratio));
  const top = Math.round((over.offsetTop + over.clientHeight / 2) * ratio);
  const pen = canvas.getContext('2d');
  const strip = () => new Uint32Array(pen.getImageData(left, top, width, 4).data.buffer);
  const watch = { pictures: [], isOn: true };
  globalThis.watch = watch;
  let before = strip();
  const look = () => {
    if (!watch.isOn) return;
    const now = strip();
    if (now.some((pixel, i) => pixel !== before[i])) watch.pictures.push(performance.now());
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}`;

/** Ends it. */
const WATCHED = '(() => { watch.isOn = false; return watch.pictures; })()';
