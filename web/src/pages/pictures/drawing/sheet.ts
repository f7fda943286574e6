/*
 * How a drawing looks within its shadow root. The colours are those of the page, which fit day and night: a drawing asks
 * for them by its classes, and its own ones are for programs that know none of these.
 */
const TEXT = `
:host { display: block; position: relative; overflow: hidden; background: var(--hf-background); }
svg { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
text { font-family: var(--font); font-feature-settings: "tnum" 1; user-select: none; }
.hf-background { fill: var(--hf-background); }
.hf-panel { fill: var(--hf-panel); stroke: var(--hf-frame); }
.hf-vessel { fill: var(--hf-vessel); stroke: none; }
.hf-level { fill: var(--hf-level); stroke: none; }
.hf-outline { fill: none; stroke: var(--hf-outline); }
.hf-machine { fill: var(--hf-inactive); stroke: var(--hf-outline); }
.hf-detail { fill: none; stroke: var(--hf-outline); }
.hf-pipe { fill: none; stroke: var(--hf-pipe); }
.hf-arrow { fill: var(--hf-pipe); stroke: none; }
.hf-faint { fill: none; stroke: var(--hf-frame); }
.hf-title { fill: var(--hf-strong); font-weight: 600; }
.hf-label { fill: var(--hf-label); }
.hf-value { fill: var(--hf-value); font-weight: 600; }
.over { pointer-events: none; }
.over rect { fill: none; vector-effect: non-scaling-stroke; }
.target { stroke: none; outline: none; }
.target:focus-visible { stroke: var(--theme-color-focus-bdr, #1491eb); stroke-width: 2.5; }
.target[data-chosen] { stroke: var(--hf-strong); stroke-width: 2; }
.pointed { stroke: var(--theme-color-primary, #007993); stroke-width: 2; }
.bound { stroke: var(--theme-color-primary, #007993); stroke-width: 1; stroke-dasharray: 2 3; }
.doubt { stroke: var(--abnormal); stroke-width: 1.5; stroke-dasharray: 4 3; }
.doubt[data-doubt="unknown"] { fill: url(#holdfast-unknown); }
.alarm { stroke-width: 2.5; }
.sign { stroke-width: 1.5; stroke: currentColor; fill: currentColor; }
.sign[data-hollow] { fill: var(--hf-background); stroke-width: 2; }
[data-priority="critical"] { color: var(--critical); stroke: var(--critical); }
[data-priority="high"] { color: var(--high); stroke: var(--high); }
[data-priority="medium"] { color: var(--medium); stroke: var(--medium); }
[data-priority="low"] { color: var(--low); stroke: var(--low); }
.hatch { stroke: var(--abnormal); stroke-width: 1.5; }
`;

/** As an object: the policy of the page allows no style in the text of a document. */
let sheet: CSSStyleSheet | undefined;

export function drawingSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(TEXT);
  }
  return sheet;
}
