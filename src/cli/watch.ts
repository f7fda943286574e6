import { once } from 'node:events';
import type { SiteClient } from '#cli/client.ts';
import { eventLine, Screen } from '#cli/screen.ts';

const HIDE_CURSOR = '\x1b[?1049h\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

export interface WatchOptions {
  readonly prefix: string;
  readonly footer: readonly string[];
}

/** A live table in the terminal until the signal; where the output is no terminal, a line an event. */
export async function watch(client: SiteClient, options: WatchOptions, signal: AbortSignal): Promise<void> {
  if (!process.stdout.isTTY) {
    await followEvents(client, options, signal);
    return;
  }
  const screen = new Screen();
  process.stdout.write(HIDE_CURSOR);
  try {
    await follow(client, screen, options, signal);
  } finally {
    process.stdout.write(SHOW_CURSOR);
  }
}

async function follow(
  client: SiteClient,
  screen: Screen,
  { prefix, footer }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  const draw = async () => {
    const [status, alarms] = await Promise.all([client.api.status(), client.api.alarms()]);
    screen.state(status, alarms, performance.now() / 1000);
    const { columns, rows } = process.stdout;
    const text = screen.draw(columns, rows, footer);
    process.stdout.write(HOME + text.replaceAll('\n', `${CLEAR_LINE}\n`) + CLEAR_LINE + CLEAR_BELOW);
  };
  await draw();
  for await (const message of streamUntil(client, prefix, signal)) {
    if (message.name === 'events') screen.events(message.data);
    else {
      screen.values(message.data);
      await draw();
    }
  }
}

async function followEvents(
  client: SiteClient,
  { prefix }: WatchOptions,
  signal: AbortSignal,
): Promise<void> {
  for await (const message of streamUntil(client, prefix, signal)) {
    if (message.name !== 'events') continue;
    for (const event of message.data) process.stdout.write(`${eventLine(event)}\n`);
  }
}

/** A line of JSON a change: `{"value": …}` as `tags --json` has it, `{"event": …}` as `events --json` has it. */
export async function watchJson(client: SiteClient, prefix: string, signal: AbortSignal): Promise<void> {
  for await (const message of streamUntil(client, prefix, signal)) {
    const lines =
      message.name === 'values'
        ? message.data.map((value) => JSON.stringify({ value }))
        : message.data.map((event) => JSON.stringify({ event }));
    // Whoever reads slowly slows the stream down: then the site leaves out values between.
    if (process.stdout.write(`${lines.join('\n')}\n`)) continue;
    await once(process.stdout, 'drain', { signal }).catch((error) => {
      if (!signal.aborted) throw error;
    });
    if (signal.aborted) return;
  }
}

/** Ends quietly when the signal says so, loudly for any other reason. */
async function* streamUntil(client: SiteClient, prefix: string, signal: AbortSignal) {
  try {
    yield* client.api.stream({ prefix, everyMs: 500 }, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
