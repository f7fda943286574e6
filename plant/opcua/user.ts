/** The one user that the utilities' server knows beside anonymous ones. A toy plant has no secrets. */
export const UTILITIES_USER = { name: 'operator', password: 'steam-and-air' } as const;
