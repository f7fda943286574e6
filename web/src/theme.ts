import { applyTheme, rememberedTheme } from './shell/theme.ts';

// Before the first picture is painted, so that a dark room is not lit up by a white page.
applyTheme(rememberedTheme());
