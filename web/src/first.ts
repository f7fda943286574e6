import { askEarly } from './data/early.ts';
import { loadAgainWhereIncomplete } from './shell/load-again.ts';
import { isSignIn } from './shell/sign-in-address.ts';
import { applyTheme, rememberedTheme } from './shell/theme.ts';

loadAgainWhereIncomplete();
// Before the first picture is painted, so that a dark room is not lit up by a white page.
applyTheme(rememberedTheme());
// Who looks decides what is shown: that is known by the time the program is there.
if (!isSignIn(location)) askEarly('/api/access/me');
