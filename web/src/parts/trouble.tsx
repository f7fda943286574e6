import type { Fault } from '#contract/client.ts';

/** Why something does not work, and what to do about it, as the site says it. */
export function Trouble({ fault: { code, message, hint } }: { readonly fault: Fault }) {
  return (
    <div className="trouble">
      <p>{message}</p>
      {hint !== undefined && <p className="hint">{hint}</p>}
      <p className="code">{code}</p>
    </div>
  );
}
