import { useSyncExternalStore } from 'react';

/** Where somebody is: the page, the place on it, and what is chosen there. Kept behind `#`, which no server sees. */
export interface Place {
  /** First part: id of a page; empty for the first one. */
  readonly page: string;
  /** What follows, decoded: path of a tag, id of an alarm. */
  readonly rest: string;
  readonly query: URLSearchParams;
}

export function placeOf(hash: string): Place {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page = '', ...rest] = path.split('/');
  return { page, rest: rest.map(decoded).join('/'), query: new URLSearchParams(query) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by hand
  }
}

/** Address of a place; a path of a tag keeps its slashes. */
export function hashOf(page: string, rest = '', query: { readonly [name: string]: string } = {}): string {
  const path = rest.split('/').map(encodeURIComponent).join('/');
  const given = new URLSearchParams(query);
  return `#/${page}${rest === '' ? '' : `/${path}`}${given.size > 0 ? `?${given}` : ''}`;
}

export function go(hash: string): void {
  location.hash = hash;
}

const watch = (tell: () => void): (() => void) => {
  addEventListener('hashchange', tell);
  return () => removeEventListener('hashchange', tell);
};

let known = { hash: '', place: placeOf('') };

function read(): Place {
  if (known.hash !== location.hash) known = { hash: location.hash, place: placeOf(location.hash) };
  return known.place;
}

export const usePlace = (): Place => useSyncExternalStore(watch, read);
