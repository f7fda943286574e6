import { Fragment } from 'react';

/** A path that breaks where its parts end, and not within a word, where there is no room for all of it in a line. */
export function PathText({ path }: { readonly path: string }) {
  return path.split(/(?<=[/_-])/).map((part, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts may be equal, and never move
    <Fragment key={i}>
      {part}
      <wbr />
    </Fragment>
  ));
}
