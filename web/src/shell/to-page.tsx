import type { ReactNode } from 'react';
import { useConsole } from './console.ts';
import { hashOf } from './route.ts';

/** A link to a place on a page; plain text where this console has no such page. */
export function ToPage({
  page,
  rest = '',
  query,
  className,
  children,
}: {
  readonly page: string;
  readonly rest?: string;
  readonly query?: { readonly [name: string]: string };
  readonly className?: string;
  readonly children: ReactNode;
}) {
  const { pages } = useConsole();
  if (!pages.some(({ id }) => id === page)) return <span className={className}>{children}</span>;
  return (
    <a href={hashOf(page, rest, query)} className={className}>
      {children}
    </a>
  );
}
