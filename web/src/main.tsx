import { api } from './data/api.ts';
import { useStatus } from './data/site.ts';
import { PAGES } from './pages/registry.ts';
import { AlarmBanner } from './shell/alarm-banner.tsx';
import type { Console } from './shell/console.ts';
import { PanelFrame } from './shell/panel-frame.tsx';
import { start } from './shell/start.tsx';
import { StateBar } from './shell/state-bar.tsx';

/** The console that a site serves. */
const site: Console = {
  of: 'site',
  pages: PAGES,
  access: {
    me: (signal) => api.me(signal),
    signIn: (given) => api.signIn(given),
    firstAdministrator: (given) => api.firstAdministrator(given),
    signInByCode: (given) => api.signInByCode(given),
    signOut: () => api.signOut(),
    changePassword: (given) => api.changePassword(given),
  },
  useName: () => useStatus().data?.site,
  State: StateBar,
  Banner: AlarmBanner,
  Panel: PanelFrame,
};

start(site);
