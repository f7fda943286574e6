import { Component, type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import type { PageEntry } from './console.ts';
import { usePages } from './pages.ts';
import { usePlace } from './route.ts';

const known = new Map<PageEntry, ComponentType>();

/** Each page is loaded when it is first opened. */
function pageOf(entry: PageEntry): ComponentType {
  const page = known.get(entry) ?? lazy(async () => ({ default: (await loaded(entry)).Page }));
  known.set(entry, page);
  return page;
}

const RELOADED = 'holdfast.reloaded';

/** What an older page asks for may be gone once the program was replaced: then the page itself is asked for anew, once. */
async function loaded(entry: PageEntry): ReturnType<PageEntry['load']> {
  try {
    const page = await entry.load();
    sessionStorage.removeItem(RELOADED);
    return page;
  } catch (error) {
    if (sessionStorage.getItem(RELOADED) !== null) throw error;
    sessionStorage.setItem(RELOADED, 'yes');
    location.reload();
    return await new Promise(() => {});
  }
}

export function CurrentPage() {
  const pages = usePages();
  const { page } = usePlace();
  const entry = pages.find(({ id }) => id === page);
  const Page = entry && pageOf(entry);
  if (!Page) {
    return (
      <div className="page">
        <h1>There is no such page</h1>
        <p>
          It may need another role than yours. <a href="#/">Go to the overview</a>
        </p>
      </div>
    );
  }
  return (
    <Mishap key={page}>
      <Suspense fallback={<div className="waiting" role="status" aria-label="Loading the page" />}>
        <Page />
      </Suspense>
    </Mishap>
  );
}

/** A page that fails takes nothing else with it: the banner and the way to other pages stay. */
class Mishap extends Component<{ readonly children: ReactNode }, { readonly error?: Error }> {
  override state: { readonly error?: Error } = {};

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className="page">
        <h1>This page has failed</h1>
        <p>
          That is a mistake of ours, and no site depends on it. Go to another page, or load this one again.
        </p>
        <pre>{error.message}</pre>
        <p>
          <button type="button" className="link" onClick={() => location.reload()}>
            Load again
          </button>
        </p>
      </div>
    );
  }
}
