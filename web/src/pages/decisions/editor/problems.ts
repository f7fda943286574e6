import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import { RangeSet, StateEffect, StateField, type Text } from '@codemirror/state';
import { type EditorView, GutterMarker, gutter } from '@codemirror/view';
import type { Problem } from '#contract/client.ts';

const told = StateEffect.define<readonly Problem[]>();

class Mark extends GutterMarker {
  readonly #severity: Problem['severity'];

  constructor(severity: Problem['severity']) {
    super();
    this.#severity = severity;
  }

  override toDOM(): HTMLElement {
    const mark = document.createElement('span');
    mark.className = 'cm-problem-mark';
    mark.dataset.severity = this.#severity;
    mark.textContent = this.#severity === 'error' ? '✕' : 'i';
    return mark;
  }
}

const MARKS = { error: new Mark('error'), hint: new Mark('hint') };

const marks = StateField.define<RangeSet<GutterMarker>>({
  create: () => RangeSet.empty,
  update(before, { changes, effects, state }) {
    for (const effect of effects) if (effect.is(told)) return marksOf(state.doc, effect.value);
    return before.map(changes);
  },
});

function marksOf(doc: Text, problems: readonly Problem[]): RangeSet<GutterMarker> {
  const worst = new Map<number, Problem['severity']>();
  for (const { line, severity } of problems)
    if (worst.get(line) !== 'error') worst.set(Math.min(line, doc.lines), severity);
  return RangeSet.of(
    [...worst].map(([line, severity]) => MARKS[severity].range(doc.line(Math.max(1, line)).from)),
    true,
  );
}

/** A mark beside each line that has a problem: told by shape, not by colour alone. */
export const problemMarks = [
  marks,
  gutter({ class: 'cm-problems', markers: (view) => view.state.field(marks) }),
];

/** Where a problem is in the text: from its column to the end of the word there. */
function diagnosticOf(doc: Text, { line, column, message, hint, severity }: Problem): Diagnostic {
  const { from, to, text } = doc.line(Math.min(Math.max(1, line), doc.lines));
  const begin = Math.min(from + Math.max(0, column - 1), to);
  const [word = ''] = /^[^\s,{}[\]]+/.exec(text.slice(begin - from)) ?? [];
  return {
    from: begin,
    to: Math.min(to, begin + Math.max(1, word.length)),
    severity: severity === 'error' ? 'error' : 'info',
    message: hint === undefined ? message : `${message}\n${hint}`,
  };
}

/** Shows these problems in place of those before. */
export function showProblems(view: EditorView, problems: readonly Problem[]): void {
  const { doc } = view.state;
  view.dispatch(
    setDiagnostics(
      view.state,
      problems.map((problem) => diagnosticOf(doc, problem)),
    ),
  );
  view.dispatch({ effects: told.of(problems) });
}
