import assert from 'node:assert/strict';
import { Api, Sandbox } from '#test/e2e/sandbox.ts';
import { until } from '../until.ts';
import { Chromium, type View, type Window } from './browser.ts';
import { addUser, signedIn } from './people.ts';

/** The demo: a real site that reads the real plant, and a browser before it. Gone with its scope. */
export class DemoSite implements AsyncDisposable {
  readonly box: Sandbox;
  readonly api: Api;
  readonly chromium: Chromium;
  readonly #stack: AsyncDisposableStack;
  /** The link works once; others are signed in with a token's session of the same user. */
  #link: string | undefined;

  private constructor(stack: AsyncDisposableStack, box: Sandbox, chromium: Chromium, link: string) {
    this.#stack = stack;
    this.box = box;
    this.chromium = chromium;
    this.api = new Api(box.demoDir);
    this.#link = link;
  }

  static async start(): Promise<DemoSite> {
    await using stack = new AsyncDisposableStack();
    const box = stack.use(new Sandbox());
    const demo = await box.startDemo();
    stack.defer(async () => void (await demo.stop()));
    const chromium = stack.use(await Chromium.start());
    // The machine may be busy with much else.
    await until('the link', () => demo.stderr().includes('/sign-in#'), 120_000);
    const [link] = /http:\S+\/sign-in#[\w-]+/.exec(demo.stderr()) ?? [];
    assert.ok(link, 'the demo prints a link');
    const site = new DemoSite(stack.move(), box, chromium, link);
    await site.api.allSpeak();
    return site;
  }

  get origin(): string {
    return this.api.address.url;
  }

  /** Takes the printed link; it is used up then. */
  takeLink(): string {
    const link = this.#link;
    assert.ok(link, 'the link has been used');
    this.#link = undefined;
    return link;
  }

  /** Makes a user. @returns his password */
  async addUser(name: string, role: string): Promise<string> {
    return await addUser(this.api, name, role);
  }

  /** A window in which this user has signed in as people do. */
  async signedIn(name: string, password: string, view: View = {}): Promise<Window> {
    return await signedIn(this.chromium, this.origin, { name, password }, view);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
