import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { begin } from './begin.ts';
import './both.ts';
import type { Console } from './console.ts';
import { loadedWhole } from './load-again.ts';

/** Shows a console in the page, and finds out who looks. */
export function start(console: Console): void {
  const root = document.getElementById('console');
  if (!root) throw new Error('the page has no place for the console');
  loadedWhole();
  void begin(console.access);
  createRoot(root).render(<App console={console} />);
}
