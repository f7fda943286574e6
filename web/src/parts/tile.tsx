import type { ReactNode } from 'react';
import { ToPage } from '../shell/to-page.tsx';

/** A figure that says whether somebody must look closer. @param page where more of it is */
export function Tile({
  name,
  about,
  isAbnormal = false,
  page,
  query,
  children,
}: {
  readonly name: string;
  readonly about: ReactNode;
  readonly isAbnormal?: boolean;
  readonly page?: string;
  readonly query?: { readonly [name: string]: string };
  readonly children: ReactNode;
}) {
  return (
    <section className="tile card" aria-label={name}>
      <h2>
        {page === undefined ? (
          name
        ) : (
          <ToPage page={page} {...(query && { query })}>
            {name}
          </ToPage>
        )}
      </h2>
      <p className={isAbnormal ? 'tile-value abnormal' : 'tile-value'}>{children}</p>
      <p className="about">{about}</p>
    </section>
  );
}
