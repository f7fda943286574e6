import type { Log } from '#plugin/api.ts';

const nothing = (): void => {};

/** For work whose outcome is its answer. */
export const SILENT: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
