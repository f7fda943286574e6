import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Debian's, or what the environment names. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why these tests skip, where there is no browser. */
export const NO_BROWSER = existsSync(CHROMIUM)
  ? false
  : `no browser at ${CHROMIUM}: install chromium, or name one in CHROMIUM`;

export interface View {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

/** A real browser that may reach the site and nothing else; everything that goes wrong in its pages is kept. */
export class Chromium implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async start(): Promise<Chromium> {
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      // As root, in a container, Chromium has no sandbox to offer; the pages are our own.
      args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--font-render-hinting=none'],
      // Its own fields for dates speak the language of the environment, whatever a page's window is told.
      env: { ...process.env, LANGUAGE: 'en_GB' },
    });
    return new Chromium(browser);
  }

  /** A window of its own, with cookies of its own. */
  async open(origin: string, { theme = 'light', width = 1440, height = 900 }: View = {}): Promise<Window> {
    const context = await this.#browser.newContext({
      colorScheme: theme,
      viewport: { width, height },
      reducedMotion: 'reduce',
      locale: 'en-GB',
      // That of a hub is issued by its own authority; sites in tests are asked in the clear.
      ignoreHTTPSErrors: true,
    });
    return new Window(context, await context.newPage(), origin);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

export interface Asked {
  readonly url: string;
  /** As it came over the wire, with its head; 0 before it is there. */
  readonly bytes: number;
}

/** One window: a page, what it asked for, and what it complained about. */
export class Window implements AsyncDisposable {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #origin: string;
  /** Addresses of questions that went elsewhere; there must be none. */
  readonly strays: string[] = [];
  /** Errors of scripts, and what the browser says on its console: what the policy forbade is among them. */
  readonly complaints: string[] = [];
  readonly #asked: Promise<Asked>[] = [];

  constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    // On a machine whose cores many share a page takes a while.
    page.setDefaultTimeout(60_000);
    this.#origin = origin;
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !/^(data|blob|about):/.test(url)) this.strays.push(url);
    });
    page.on('requestfinished', (request) => {
      const sizes = request.sizes().catch(() => undefined);
      this.#asked.push(
        sizes.then((one) => ({
          url: request.url(),
          bytes: (one?.responseBodySize ?? 0) + (one?.responseHeadersSize ?? 0),
        })),
      );
    });
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        this.complaints.push(`${message.text()} ${message.location().url}`);
    });
  }

  /** Everything that was answered until now. */
  async asked(): Promise<readonly Asked[]> {
    return await Promise.all(this.#asked);
  }

  async go(path: string): Promise<void> {
    await this.page.goto(this.#origin + path);
  }

  /**
   * Nothing came from elsewhere, and nothing was complained about but what the test expects, and what the browser says of
   * every answer above 400: that nobody is signed in yet.
   */
  assertQuiet(...expected: readonly RegExp[]): void {
    assert.deepEqual(this.strays, [], 'requests that leave the site');
    const known = [...expected, /401 .*\/api\/access\/me$/];
    const others = this.complaints.filter((one) => !known.some((pattern) => pattern.test(one)));
    assert.deepEqual(others, [], 'complaints of the browser');
  }

  /**
   * What axe-core finds in what is shown now, as serious or worse. Put in through the debugger: the page's own policy
   * would refuse the script, and must.
   * @param only ids of its rules; all that matter when absent
   */
  async barriers(only?: readonly string[]): Promise<readonly string[]> {
    const session = await this.#context.newCDPSession(this.page);
    const evaluate = async (expression: string): Promise<unknown> => {
      const asked = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = await session.send('Runtime.evaluate', asked);
      assert.equal(exceptionDetails, undefined, 'axe-core ran');
      return result.value;
    };
    if ((await evaluate('typeof axe')) === 'undefined') await evaluate(`${AXE}; 0`);
    const wanted = only ?? ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const found = await evaluate(`axe.run(document, {
      resultTypes: ['violations'],
      runOnly: { type: '${only ? 'rule' : 'tag'}', values: ${JSON.stringify(wanted)} },
    }).then(({ violations }) => JSON.stringify(violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) =>
        id + ': ' + help + ' at ' + target.join(' ') + ' ' + failureSummary.replaceAll('\\n', ' ')))))`);
    await session.detach();
    return JSON.parse(String(found)) as readonly string[];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}

const AXE = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
