import { createRoot } from 'react-dom/client';
import { App } from './shell/app.tsx';
import { begin } from './shell/begin.ts';

const root = document.getElementById('console');
if (!root) throw new Error('the page has no place for the console');
void begin();
createRoot(root).render(<App />);
