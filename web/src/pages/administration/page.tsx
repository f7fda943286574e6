import { BreakGlass } from './break-glass.tsx';
import { Sessions } from './sessions.tsx';
import { Tokens } from './tokens.tsx';
import { Users } from './users.tsx';

/** Who may do what at this site. */
export function Page() {
  return (
    <div className="page administration">
      <h1>Administration</h1>
      <Users />
      <Tokens />
      <Sessions />
      <BreakGlass />
    </div>
  );
}
