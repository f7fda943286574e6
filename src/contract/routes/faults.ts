/** What every route may answer, whatever it is about. */
export const COMMON_FAULTS = {
  'api.bad-request': 400,
  'api.unauthorized': 401,
  'api.forbidden': 403,
  'api.not-found': 404,
  'api.method-not-allowed': 405,
  'api.too-large': 413,
  'api.unsupported-type': 415,
  'api.internal': 500,
} as const;

/** HTTP status of the faults that routes name; any other fault of the site is 409: it was understood and is not possible. */
export const FAULT_STATUS = {
  ...COMMON_FAULTS,
  'access.cross-site': 403,
  'access.exists': 409,
  'access.last-administrator': 409,
  'access.name': 409,
  'access.no-tls': 404,
  'access.not-saved': 409,
  'access.too-many': 429,
  'access.unknown-session': 404,
  'access.unknown-token': 404,
  'access.unknown-user': 404,
  'access.weak-password': 409,
  'access.wrong': 401,
  'alarm.unknown': 404,
  'alarm.not-possible': 409,
  'alarm.shelved-too-long': 409,
  'asset.no-change': 409,
  'asset.no-reason': 409,
  'config.nothing-to-undo': 404,
  'config.no-file': 409,
  'config.not-saved': 409,
  'config.too-long': 409,
  'config.unknown': 404,
  'guard.no-tag-out': 409,
  'guard.unknown-asset': 404,
  'history.off': 501,
  'maintenance.no-reason': 409,
  'maintenance.none': 409,
  'maintenance.too-long': 409,
  'notices.shadow': 409,
  'panel.no-stop': 409,
  'restore.nothing': 409,
  'site.state-known': 409,
  'site.unreadable': 409,
  'source.no-browse': 409,
  'source.unknown': 404,
  'tag.unknown': 404,
  'trust.unknown-certificate': 404,
} as const;

export type FaultCode = keyof typeof FAULT_STATUS;

export const statusOf = (code: string): number =>
  (FAULT_STATUS as { readonly [code: string]: number })[code] ?? 409;
