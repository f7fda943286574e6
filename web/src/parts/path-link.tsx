/** A link by a path whose own name stays whole where there is little room: what is cut is where it lies. */
export function PathLink({ path, href }: { readonly path: string; readonly href: string }) {
  const cut = path.lastIndexOf('/') + 1;
  return (
    <a href={href} className="path-link" aria-label={path} title={path}>
      {cut > 0 && <span className="quiet">{path.slice(0, cut)}</span>}
      <span>{path.slice(cut)}</span>
    </a>
  );
}
