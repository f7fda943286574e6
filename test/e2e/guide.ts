import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.ts';
import { type Running, Sandbox } from './sandbox.ts';

/* Walking a guide as somebody would who copies from it. */

const ROOT = join(import.meta.dirname, '../..');
export const LIMIT_MS = 120_000;

/** Blocks of a language below a heading, up to the next one of that level. */
export function blocksIn(page: string, heading: string, language = 'sh'): string[] {
  const from = page.indexOf(`\n## ${heading}\n`);
  assert.ok(from >= 0, heading);
  const end = page.indexOf('\n## ', from + 1);
  const part = page.slice(from, end < 0 ? undefined : end);
  return [...part.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(
    ({ 1: text = '' }) => text,
  );
}

/** Somebody who copies from the page into a terminal, where folders, ports and names are others. */
export class Reader {
  readonly box = new Sandbox();
  readonly #others = new Map<string, string>();
  /** What the terminal was told to remember. */
  #exports = '';

  constructor() {
    chmodSync(this.box.dir, 0o711);
  }

  /** Where the page has one thing, this machine has another. */
  instead(of: string, here: string): void {
    this.#others.set(of, here);
  }

  begin(block: string): Running {
    const text = [...this.#others].reduce((all, [of, here]) => all.replaceAll(of, here), block);
    const env = { HOME: this.box.dir, PATH: `${ROOT}:${process.env.PATH}`, HOLDFAST_DATA: '' };
    const running = this.box.start([], { under: ['sh', '-c', `${this.#exports}\n${text}`], cwd: ROOT, env });
    for (const [line] of text.matchAll(/^export .*$/gm)) this.#exports += `${line}\n`;
    return running;
  }

  /** What a line that looks says in the end; what does something is done once. */
  async says(block: string, what: RegExp, { looks = false, status = 0 } = {}): Promise<string> {
    for (const endMs = performance.now() + LIMIT_MS; ; ) {
      const ended = await this.begin(block).ended;
      const said = ended.stdout + ended.stderr;
      if (what.test(said) && ended.status === status) return said;
      assert.ok(
        looks && performance.now() < endMs,
        `${block}\nended with ${ended.status}, not as ${what}:\n${said}`,
      );
    }
  }

  async starts(block: string, what: RegExp): Promise<Running> {
    const running = this.begin(block);
    const isThere = () => what.test(running.stdout()) || running.child.exitCode !== null;
    await until(block, isThere, LIMIT_MS);
    assert.equal(running.child.exitCode, null, running.stdout() + running.stderr());
    return running;
  }
}
