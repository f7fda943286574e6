import { iconMoon, iconSun, iconUser } from '@siemens/ix-icons/icons';
import { IxIcon, IxIconButton } from '@siemens/ix-react';
import { useState } from 'react';
import { signedOut, useMe } from '../data/session.ts';
import { MenuButton } from '../parts/menu-button.tsx';
import { ChangePassword } from './change-password.tsx';
import { type Access, useConsole } from './console.ts';
import { askForShortcuts } from './shortcuts.tsx';
import type { Theme } from './theme.ts';

/** Who is signed in, and what he does about himself. */
export function UserMenu({
  theme,
  onTheme,
}: {
  readonly theme: Theme;
  readonly onTheme: (next: Theme) => void;
}) {
  const { access } = useConsole();
  const { name, role, areas } = useMe();
  const [asks, setAsks] = useState(false);
  const other = theme === 'light' ? 'dark' : 'light';
  const where = areas ? `, ${areas.join(', ')}` : '';
  return (
    // The one place of the header that stays in sight on a phone: in the list behind its button nothing can be opened.
    <div className="user-menu" slot="ix-application-header-avatar">
      <IxIconButton
        variant="subtle-tertiary"
        icon={theme === 'light' ? iconMoon : iconSun}
        aria-label={`Show ${other} colours`}
        onClick={() => onTheme(other)}
      />
      <MenuButton
        label={`${name}, ${role}${where}`}
        about={`${role}${where}`}
        acts={[
          ['Change password …', () => setAsks(true)],
          ['Keyboard …', askForShortcuts],
          ['Sign out', () => void signOut(access)],
        ]}
      >
        <IxIcon name={iconUser} aria-hidden="true" />
        <span className="user-name">{name}</span>
      </MenuButton>
      {asks && <ChangePassword onEnd={() => setAsks(false)} />}
    </div>
  );
}

/** Whatever is answered: who wants to be gone is not shown anything any more. */
async function signOut(access: Access): Promise<void> {
  try {
    await access.signOut();
  } finally {
    signedOut();
  }
}
