import { type ComponentType, createContext, useContext } from 'react';
import type { Me } from '#contract/client.ts';
import type { Role } from '#kernel/rights.ts';

/** A page of a console: a folder with a `page.tsx` and a `page.css`, and one entry in its registry. */
export interface PageEntry {
  /** First part of its address behind `#/`; empty for the page that comes first. */
  readonly id: string;
  readonly title: string;
  readonly icon: string;
  /** The least role that sees it; viewers when absent. */
  readonly role?: Role;
  /** For whoever is limited to no part alone. */
  readonly whole?: true;
  /** Loaded when it is first opened. */
  readonly load: () => Promise<{ readonly Page: ComponentType }>;
}

export interface Elsewhere {
  readonly title: string;
  /** Where the browser goes. */
  readonly begin: string;
}

/** Signing in and out, as a site and a hub have it. */
export interface Access {
  me(signal: AbortSignal): Promise<Me>;
  signIn(given: { readonly name: string; readonly password: string }): Promise<Me>;
  firstAdministrator(given: {
    readonly code: string;
    readonly name: string;
    readonly password: string;
  }): Promise<Me>;
  /** By a printed code; absent where there are none. */
  readonly signInByCode?: (given: { readonly code: string }) => Promise<Me>;
  /** A company's own sign-in, where there is one; absent where there never is. */
  readonly elsewhere?: () => Promise<Elsewhere | undefined>;
  signOut(): Promise<unknown>;
  changePassword(given: { readonly present: string; readonly next: string }): Promise<unknown>;
}

/** What differs between the console of a site and that of a hub; the server says which by the page that it gives. */
export interface Console {
  readonly of: 'site' | 'hub';
  /** In the order of the menu. */
  readonly pages: readonly PageEntry[];
  readonly access: Access;
  /** What is looked at, for the title; undefined until it is known. */
  readonly useName: () => string | undefined;
  /** In the head of every page: how it stands, and what time it is there. */
  readonly State: ComponentType;
  /** Above every page. */
  readonly Banner?: ComponentType;
  /** For who stands before a panel without a password. */
  readonly Panel?: ComponentType;
}

const ConsoleContext = createContext<Console | undefined>(undefined);
export const ConsoleProvider = ConsoleContext.Provider;

export function useConsole(): Console {
  const console = useContext(ConsoleContext);
  if (!console) throw new Error('outside of a console');
  return console;
}
