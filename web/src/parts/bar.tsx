const WIDTH = 100;

/** How much of what is allowed is used, as a small bar; the figures stand beside it, so readers of screens pass it. */
export function Bar({ used, allowed }: { readonly used: number; readonly allowed: number }) {
  const part = allowed > 0 ? Math.min(1, used / allowed) : 0;
  return (
    <svg
      className="bar"
      viewBox={`0 0 ${WIDTH} 6`}
      preserveAspectRatio="none"
      aria-hidden="true"
      data-full={part > 0.9 || undefined}
    >
      <rect className="bar-all" width={WIDTH} height="6" />
      <rect className="bar-used" width={WIDTH * part} height="6" />
    </svg>
  );
}
