/** Whether an address is that of a printed link, whose code signs in. */
export const isSignIn = ({ pathname }: { readonly pathname: string }): boolean => pathname === '/sign-in';
