import { IxButton } from '@siemens/ix-react';
import { useEffect } from 'react';
import { Store, useStore } from '../data/store.ts';
import { Dialog } from '../parts/dialog.tsx';
import { usePages } from './pages.ts';
import { go, hashOf } from './route.ts';

const asked = new Store(false);

/** Single keys can be switched off: who speaks to his browser types them by accident (WCAG 2.2, 2.1.4). */
const KEY = 'holdfast.single-keys';
const singleKeys = new Store(localStorage.getItem(KEY) !== 'off');

export const askForShortcuts = (): void => asked.set(true);

/** `?` shows the keys, `/` goes to the search of a page, digits to the pages. */
export function Shortcuts() {
  const isAsked = useStore(asked);
  const isOn = useStore(singleKeys);
  const pages = usePages();
  useEffect(() => {
    const act = (event: KeyboardEvent) => {
      if (!isOn || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      if (document.querySelector('dialog[open]')) return;
      const page = /^[1-9]$/.test(event.key) ? pages[Number(event.key) - 1] : undefined;
      const search = event.key === '/' ? document.querySelector<HTMLElement>('[type="search"]') : undefined;
      if (event.key === '?') asked.set(true);
      else if (page) go(hashOf(page.id));
      else if (search) search.focus();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', act);
    return () => removeEventListener('keydown', act);
  }, [pages, isOn]);
  if (!isAsked) return null;
  const close = () => asked.set(false);
  return (
    <Dialog title="Keyboard" onClose={close}>
      <dl className="keys">
        <dt>
          <kbd>?</kbd>
        </dt>
        <dd>This list</dd>
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>Search on this page</dd>
        {pages.slice(0, 9).map(({ id, title }, i) => (
          <div key={id} className="key">
            <dt>
              <kbd>{i + 1}</kbd>
            </dt>
            <dd>{title}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" checked={isOn} onChange={(event) => setSingleKeys(event.target.checked)} />
        Single keys do this
      </label>
      <div className="actions">
        <IxButton onClick={close}>Close</IxButton>
      </div>
    </Dialog>
  );
}

function setSingleKeys(isOn: boolean): void {
  singleKeys.set(isOn);
  localStorage.setItem(KEY, isOn ? 'on' : 'off');
}

function isTyping(event: KeyboardEvent): boolean {
  const [at] = event.composedPath();
  return (
    at instanceof HTMLElement &&
    at.matches('input:not([type="checkbox"]), textarea, select, [contenteditable]')
  );
}
