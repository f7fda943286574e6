import { Problem } from '../data/problem.ts';

/** What was refused, why, and what to do about it. */
export function Refusal({ error }: { readonly error: Error }) {
  const problem = error instanceof Problem ? error : undefined;
  return (
    <div role="alert" className="refusal">
      <p>{error.message}</p>
      {problem && problem.fields.length > 0 && (
        <ul>
          {problem.fields.map(({ name, message }) => (
            <li key={`${name} ${message}`}>
              <code>{name}</code> {message}
            </li>
          ))}
        </ul>
      )}
      {problem?.hint && <p className="hint">{problem.hint}</p>}
      {problem && <p className="code">{problem.code}</p>}
    </div>
  );
}
