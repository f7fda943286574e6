import { Store } from './store.ts';

/** `lost`: no answer came; the site is asked until one does. */
export type Connection = { readonly state: 'up' } | { readonly state: 'lost'; readonly since: number };

const UP: Connection = { state: 'up' };
const PAUSE_MS = 1000;
/** A site that is too busy to answer is not away yet. */
const PATIENCE_MS = 5000;

/** Whether the site answers; whoever needs it waits for `up`. */
export const connection = new Store<Connection>(UP);

/** An answer came, whatever it said. */
export const answered = (): void => connection.set(UP);

/** No answer came: asks until one does. */
export function unanswered(): void {
  if (connection.value.state === 'lost') return;
  connection.set({ state: 'lost', since: performance.now() });
  void probe();
}

async function probe(): Promise<void> {
  while (connection.value.state === 'lost') {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    try {
      await fetch('/health', { signal: AbortSignal.timeout(PATIENCE_MS) });
      answered();
    } catch {
      // Still away: asked again.
    }
  }
}
