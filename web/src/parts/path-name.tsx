/** A path whose own name stays whole where there is little room: what is cut is where it lies. */
export function PathName({ path }: { readonly path: string }) {
  const cut = path.lastIndexOf('/') + 1;
  return (
    <span className="path-name" title={path}>
      {cut > 0 && <span className="quiet">{path.slice(0, cut)}</span>}
      <span>{path.slice(cut)}</span>
    </span>
  );
}
